"""What hospitals call the things that our codes stand for, so that an unmapped code can be guessed by its name."""

from __future__ import annotations

from difflib import SequenceMatcher

from ingest.interpret.codes import STANDARD

_ALIKE = 0.72  # less alike than this is a coincidence of letters

# Our code → what it is called. The order is of no meaning.
NAMES: dict[str, tuple[str, ...]] = {
    "outpatient": ("门诊", "普通门诊", "专家门诊", "outp", "op", "mz"),
    "emergency": ("急诊", "emer", "er", "jz"),
    "inpatient": ("住院", "inp", "ip", "zy"),
    "health_check": ("体检", "健康检查", "体检中心", "checkup", "tj"),
    "f": ("女", "女性", "female"),
    "m": ("男", "男性", "male"),
    "u": ("未知", "不详", "未说明", "unknown"),
    "normal": ("普通", "一般", "正常"),
    "elderly": ("老年", "老人", "老年人", "高龄"),
    "disabled": ("残疾", "残疾人"),
    "child": ("儿童", "小儿", "患儿"),
    "pregnant": ("孕妇", "孕产妇"),
    "veteran": ("军人", "退役军人", "军人优先"),
    "urgent": ("紧急", "加急", "急", "优先"),
    "stat": ("立即", "即刻", "特急"),
    "routine": ("常规", "平诊", "平"),
    "return": ("复诊", "回诊", "followup", "follow-up"),
    "first": ("初诊", "首诊", "new"),
    "mdt": ("多学科", "多学科会诊", "会诊"),
    "convenience": ("便民", "便民门诊", "开药"),
    "cash": ("现金",),
    "wechat": ("微信", "微信支付", "微信公众号", "微信小程序", "wx", "weixin", "wxpay"),
    "alipay": ("支付宝", "zfb", "ali"),
    "unionpay_pos": ("银联", "银行卡", "刷卡", "pos", "pos机"),
    "bank_transfer": ("转账", "银行转账", "汇款"),
    "cheque": ("支票", "check"),
    "digital_rmb": ("数字人民币", "数币", "e-cny"),
    "insurance_account": ("医保账户", "个人账户", "医保个人账户", "医保卡"),
    "insurance_pool": ("医保统筹", "统筹", "医保", "统筹基金", "yb"),
    "prepaid_card": ("预交金", "院内卡", "就诊卡", "健康卡", "预付卡"),
    "credit": ("信用付", "先诊疗后付费", "挂账", "记账"),
    "window": ("窗口", "人工窗口", "收费窗口", "counter"),
    "kiosk": ("自助机", "自助终端", "自助", "zzj"),
    "app": ("手机app", "掌上医院", "移动端"),
    "web": ("网站", "网上", "网页", "website"),
    "phone": ("电话", "电话预约", "tel"),
    "third_party": ("第三方", "第三方平台", "114", "12320"),
    "clinic_room": ("诊间", "诊室", "医生站"),
    "referral": ("转诊", "基层转诊"),
    "mobile": ("手机", "移动", "移动支付"),
    "bedside": ("床旁", "床边"),
    "lab": ("检验", "化验", "检验科", "lis"),
    "imaging": ("影像", "放射", "检查", "放射科", "ris", "pacs"),
    "ultrasound": ("超声", "彩超", "b超", "us"),
    "ecg": ("心电图", "心电", "ekg"),
    "endoscopy": ("内镜", "胃镜", "肠镜", "胃肠镜"),
    "pathology": ("病理", "病理科"),
    "treatment": ("治疗", "处置", "治疗费"),
    "consult": ("会诊",),
    "drug": ("药品", "药费", "西药费", "medicine"),
    "exam": ("检查", "检查费", "examination"),
    "material": ("材料", "耗材", "材料费"),
    "registration": ("挂号", "挂号费", "挂号处"),
    "other": ("其他", "其它"),
    "western": ("西药", "西药处方"),
    "patent_tcm": ("中成药", "成药"),
    "herbal": ("草药", "中草药", "中药饮片", "饮片"),
    "infusion": ("输液", "静配", "静脉输液"),
    "clinic": ("门诊诊室", "诊区", "候诊"),
    "cashier": ("收费", "缴费", "收费处", "结算"),
    "pharmacy": ("药房", "药店", "取药", "发药"),
    "phlebotomy": ("采血", "抽血", "采血窗口"),
    "service_desk": ("服务台", "导诊台", "咨询台"),
    "pass": ("通过", "合格", "同意"),
    "reject": ("不通过", "拒绝", "驳回", "退回"),
    "override": ("强制通过", "双签"),
    "auto": ("自动", "系统"),
    "pharmacist": ("药师", "人工"),
    "final": ("最终", "终审", "已审核", "审核"),
    "preliminary": ("初步", "初步报告", "未审核"),
    "corrected": ("更正", "修改", "更正报告"),
    "cancelled": ("取消", "作废", "撤销"),
    "discharged": ("回家", "离院", "出院", "好转", "治愈", "医嘱离院"),
    "admitted": ("收住院", "入院", "住院"),
    "transferred": ("转院", "转出", "医嘱转院"),
    "died": ("死亡",),
    "ama": ("自动离院", "自动出院", "非医嘱离院", "放弃治疗"),
    "lwbs": ("未就诊离开", "弃诊"),
    "ambulance": ("救护车", "120", "120急救"),
    "foot": ("步行", "步入"),
    "car": ("自驾", "私家车"),
    "public": ("公共交通", "出租车"),
    "online": ("线上", "互联网", "互联网医院", "网络"),
    "onsite": ("线下", "现场"),
    "staff": ("人工", "工作人员"),
    "patient": ("患者", "病人", "本人"),
    "hospital": ("医院", "院方"),
    "stroke": ("卒中", "脑卒中", "卒中中心"),
    "chest_pain": ("胸痛", "胸痛中心"),
    "trauma": ("创伤", "创伤中心"),
    "hypertension": ("高血压",),
    "diabetes": ("糖尿病",),
}


def nearest(text: str, codes: dict[str, tuple[str, ...]]) -> str | None:
    """The code that a text stands for: by what it is called, else by likeness; None when nothing is near.

    `codes`: code → what it is called beside its own name.
    """
    return nearness(text, codes)[0]


def nearness(text: str, codes: dict[str, tuple[str, ...]]) -> tuple[str | None, float]:
    """As `nearest`, and how near it is: 1 where it is called just so."""
    wanted = _plain(text)
    best, score = None, _ALIKE
    for code, called in codes.items():
        for name in map(_plain, (code, *called)):
            alike = 1.0 if name == wanted else _likeness(name, wanted)
            if wanted and alike > score:
                best, score = code, alike
    return best, score


def called(field: str, code: str) -> tuple[str, ...]:
    """What a code of a field is called, in people's words and in the standard tables."""
    standard = tuple(raw for raw, ours in STANDARD.get(field, {}).items() if ours == code and len(raw) > 1)
    return (*NAMES.get(code, ()), *standard)


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _likeness(name: str, wanted: str) -> float:
    short, long = sorted((name, wanted), key=len)
    if len(short) >= 2 and short in long and (not short.isascii() or len(short) >= 4):
        return 0.8 + 0.1 * len(short) / len(long)  # 微信支付 in 微信支付(刷脸)
    return SequenceMatcher(None, name, wanted).ratio() if len(short) >= 4 else 0.0
