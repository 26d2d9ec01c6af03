"""Where reports go: a folder, mail, a webhook, the robots of WeCom, DingTalk and Feishu."""
