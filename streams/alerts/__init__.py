"""Alerts: rules over live values and feeds, one incident each, from opening to closing, on `his.alert.v1`.

`rule` says what is too much, `incident` what an incident is, `course` how it runs from reading to reading (all pure);
`readings` takes what is to be judged out of live values; `watch` is the process, `courier` its webhook.
"""
