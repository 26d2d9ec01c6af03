"""What improvement (PDCA) reports say, in Chinese first and in English."""

from __future__ import annotations

from orchestration.reports.figures import Pair

IMPROVEMENT: dict[str, Pair] = {
    "plan": ("计划（P）：问题与基线", "Plan: the problem and its baseline"),
    "do": ("执行（D）：措施", "Do: the action"),
    "check_part": ("检查（C）：效果", "Check: what came of it"),
    "act": ("处理（A）：结论与下一步", "Act: conclusion and next step"),
    "baseline_said": (
        "{first} 至 {last} 的 {n} 个{kind}为基线：{shown}（n={count}）。",
        "Baseline: the {n} {kind}s from {first} to {last}: {shown} (n={count}).",
    ),
    "goal_said": ("目标：{goal}。", "Goal: {goal}."),
    "action_said": ("措施自 {day} 起：{action}。", "Action from {day} on: {action}."),
    "action_unsaid": ("措施自 {day} 起。", "Action from {day} on."),
    "compared_with": ("对照：{name}。", "Compared with: {name}."),
    "before_after": ("前后对照", "Before and after"),
    "before_col": ("措施前", "Before"),
    "after_col": ("措施后", "After"),
    "others_than": ("全院（含本科室）", "the hospital (this department within)"),
    "net_change": ("扣除对照后的变化", "Change beyond that of the comparison"),
    "effect_better": (
        "{title} 在措施后好转，超出日常波动：{from_} → {to}（{by}）。",
        "{title} got better after the action, by more than noise: {from_} → {to} ({by}).",
    ),
    "effect_worse": (
        "{title} 在措施后变差，超出日常波动：{from_} → {to}（{by}）。",
        "{title} got worse after the action, by more than noise: {from_} → {to} ({by}).",
    ),
    "effect_changed": (
        "{title} 在措施后有变化，超出日常波动：{from_} → {to}（{by}）。",
        "{title} changed after the action, by more than noise: {from_} → {to} ({by}).",
    ),
    "effect_none": (
        "{title} 在措施后没有超出日常波动的变化：{from_} → {to}（{by}）。",
        "{title} did not change by more than noise: {from_} → {to} ({by}).",
    ),
    "effect_unknown": (
        "措施前只有 {n} 个可比的日子，满 {least} 天后才能判断：{from_} → {to}（{by}）。",
        "Only {n} comparable days before the action, of {least} needed to judge: {from_} → {to} ({by}).",
    ),
    "net_said": (
        "同期{name}变化 {other}，扣除后为 {net}。",
        "{name} changed by {other} meanwhile; beyond that: {net}.",
    ),
    "signals_said": ("信号：{days}；{rules}", "Signals: {days}; {rules}"),
    "goal_met": ("已达目标 {goal}。", "The goal of {goal} is met."),
    "goal_missed": ("尚未达到目标 {goal}。", "The goal of {goal} is not met yet."),
    "next_hold": (
        "建议固化措施、写入常规，并继续监测至少 8 个{kind}，确认不反弹。",
        "Make the action the rule, and watch at least 8 more {kind}s for a relapse.",
    ),
    "next_soon": (
        "初步有效：措施后仅 {n} 个{kind}，满 8 个后再作结论；有效则固化措施、写入常规。",
        "It seems to work, after only {n} {kind}s: conclude after 8, and make the action the rule if it holds.",
    ),
    "next_longer": (
        "建议继续观察：措施后满 8 个{kind}再判断，或检查措施是否落实。",
        "Go on watching: judge after 8 {kind}s with the action, or look whether it is carried out.",
    ),
    "next_change": (
        "建议调整措施：措施后已有 {n} 个{kind}而未见改善。",
        "Change the action: after {n} {kind}s with it nothing got better.",
    ),
    "caution": (
        "对照只能部分排除同期其他变化（季节、人员、号源）的影响；一次前后对照不证明因果。",
        "A comparison rules out other changes of the time (season, staff, sessions) only in part; one before and after "
        "proves no cause.",
    ),
}
