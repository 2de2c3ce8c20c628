# 对账: what officers read about a day and about each exception.

day-balanced = { $day } 已对平：{ $n } 笔，缴款 { $yuan } 元
day-open = { $day } 有 { $n } 笔差异，最早的已等 { $hours } 小时
day-missing = { $day } 的账单还没有拿到，{ $n } 笔差异
day-signed = { $day } 已由 { $by } 签字关闭（还有 { $n } 笔差异未处理）：{ $why }

side-ours = 我们的账
side-bill = 渠道账单
side-flow = 资金账单

exception-ours-only = 我们有、账单没有的缴款
exception-rail-only = 账单有、我们没有的款项
exception-amount-differs = 金额不一致
exception-duplicate = 重复的款项
exception-paid-not-decided = 已缴款，违法还没处理
exception-decided-not-paid = 违法已处理，没有缴款
exception-refund-missing = 退款没有到账单上
exception-refund-partial = 退款少退了
exception-return-after-settlement = 处理后渠道又退了款
exception-unknown-payer = 不认识的缴款人
exception-late-file = 账单来晚了

action-ask-rail = 向渠道查 { $yuan } 元的去向；查清以前不动款
action-refund = 退 { $yuan } 元，原路，预计 1–3 天
action-decide = 请处理岗写入决定（{ $yuan } 元已收）；办不成的按承诺日期自动全额退回
action-collect-or-annul = 重新收 { $yuan } 元，或者撤销决定
action-fetch-bill = 再取一次账单，或者人工把账单文件交进来

owner-finance = 财务对账
owner-cases = 违法处理
owner-operations = 系统运维

citizen-none = 当事人看不到这一笔
outward-learning = 学习和答题中
outward-to-confirm = 待确认
outward-to-pay = 待缴款
