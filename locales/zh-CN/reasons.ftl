# 每个理由三句话：标题、我们看到的（.fact）、怎么办（.do）。变量由规则包的 show 提供。


## Service

reason-svc-closed = 现在不办理
    .fact = 每天办理时间是 { $opens } 到 { $closes }
    .do = { $day } { $opens } 起可以办；现在可以看记录、先学习
reason-svc-quota = 今天的名额用完了
    .fact = 今天办理的人已经排满
    .do = 不用一直等，您的排队号会保留，稍后或明天再来
reason-svc-upstream-down = 公安平台的数据暂时查不到
    .fact = 公安平台还没有回应
    .do = 我们在自动重试，您填过的都不会丢
reason-svc-checking = 正在核对资格
    .fact = 还有项目没有核对完
    .do = 核对完图标会变成彩色；不影响您先缴款
reason-svc-cannot-determine = 暂时没法判断
    .fact = 缺少 { $n } 项信息，这不代表您不符合
    .do = 过一会儿再试，或者带证件到窗口查

## Identity

reason-id-not-verified = 还没有实名认证
    .fact = 我们还不能确认是您本人
    .do = 现在做一次实名认证，约 1 分钟
reason-id-no-12123 = 还不是交管12123用户
    .fact = 首违警告只给交管12123的注册用户
    .do = 先在交管12123注册，再回来
reason-id-face-fail = 人脸核验没通过
    .fact = 照片和登记的没有对上
    .do = 在光线好的地方再试；三次不过请到窗口
reason-id-owner-phone = 没有核验车主登记的手机号
    .fact = 首违警告要用车辆登记的手机号收一次验证码
    .do = 现在收验证码；号码换了请先变更
reason-id-licence-bound-elsewhere = 驾驶证绑在别的账号上
    .fact = 这本驾驶证已经有账号在用
    .do = 用原来的账号登录，或到窗口解绑
reason-id-under-review = 账号在人工核查
    .fact = 核查期间不能办理
    .do = 等核查结果；有疑问可以申诉

## Record

reason-v-already-handled = 这条违法已经处理
    .fact = 已经有处理决定
    .do = 不用再办；如果显示不对，过一天再看
reason-v-already-paid = 已经缴过款
    .fact = 这张决定书的罚款缴清了
    .do = 可以看电子票据
reason-v-in-other-channel = 正在别的渠道办理
    .fact = 12123、窗口或另一台手机正在办这一条
    .do = 等那边办完，或取消以后再来
reason-v-no-evidence-yet = 证据照片还没到
    .fact = 照片还没有传过来
    .do = 可以先申请看照片，再决定怎么办
reason-v-not-audited = 记录还在审核
    .fact = 审核没有结束，还不能处理
    .do = 一般 5 个工作日内审完，请过几天回来看
reason-v-dispute-pending = 异议正在审查
    .fact = 您提出的异议还没有结果
    .do = 发生地一般 5 个工作日内答复，这期间不用处理
reason-v-to-be-removed = 这条记录会被消除
    .fact = 已经核实，不应由您承担
    .do = 不用处理，3 个工作日内消除
reason-v-old-law = 按轻的标准算
    .fact = 违法在 { $date }，早于新的记分标准，按轻的算：{ $pts } 分
    .do = 不用您做什么，金额和分数已经算好
reason-v-notice-expired = 告知已过 30 日
    .fact = 应在 { $date }以前来处理
    .do = 尽快处理；积到 5 条会公告后直接决定
reason-v-on-site-ticket = 这是现场开的决定书
    .fact = 现场已经作出决定，不用再处理
    .do = 直接缴款，不要求绑定车辆

## Amount

reason-v-fine-over-200 = 罚款超出线上限额
    .fact = 这条罚款 { $yuan } 元，线上最多 { $max } 元
    .do = 按一般程序办，请预约窗口
reason-v-points-over-limit = 记分超出线上限额
    .fact = 这条记 { $pts } 分，线上单条最多 { $max } 分
    .do = 请预约窗口
reason-v-twelve = 一次记 12 分的违法
    .fact = 这条记 { $pts } 分，不能线上办
    .do = 请到窗口，并准备参加满分学习
reason-v-needs-suspension = 可能暂扣或吊销驾驶证
    .fact = 这类违法除了罚款还涉及驾驶证
    .do = 请到窗口按一般程序办
reason-v-detention-possible = 可能涉及拘留
    .fact = 这类违法法律规定可以拘留
    .do = 请到窗口接受调查，可以请律师
reason-v-compulsory-measure = 有扣车或扣证
    .fact = 当时采取了强制措施
    .do = 带强制措施凭证，15 个工作日内到凭证上的地点
reason-v-zero-fine = 不用缴款
    .fact = 这条没有罚款
    .do = 看处理结果就可以
reason-v-out-of-scope-code = 这类违法不能自助办
    .fact = 违法代码 { $code } 不在自助范围
    .do = 请到窗口
reason-v-other-city-own-province = 是省内别的城市的记录
    .fact = 录入的城市代码是 { $city }
    .do = 用交管12123，或到当地处理
reason-v-highway-corps = 是高速交警的记录
    .fact = 由高速交警录入，这里不能代办
    .do = 用交管12123，或到高速交警窗口
reason-v-not-city-record = 不是本市交警的记录
    .fact = 首违警告只用于本市录入的记录
    .do = 按普通方式处理
reason-v-before-licence = 违法早于领证
    .fact = 违法在 { $date }，领证在 { $licence }
    .do = 不是您开的，请实际驾驶人处理；有疑问到窗口

## Vehicle

reason-veh-company = 单位的车
    .fact = 车辆登记在单位名下
    .do = 由单位的经办人到窗口，或指定驾驶人
reason-veh-class-mismatch = 准驾车型不含这辆车
    .fact = 您的驾驶证不能开这类车
    .do = 不是您开的，请实际驾驶人处理；否则到窗口
reason-veh-state = 车辆状态要先办结
    .fact = 车辆状态是“{ $state }”
    .do = 按状态说明先办结，再来处理
reason-veh-not-local = 车辆不是本地登记
    .fact = 登记地代码是 { $home }
    .do = 用交管12123 处理
reason-veh-new = 登记或变更不满 { $months } 个月
    .fact = 登记满期 { $registered }，变更满期 { $changed }
    .do = 两个日期都到了就可以；缴款期不会因此延长
reason-veh-key-watch = 车辆被列为重点
    .fact = 这辆车限制线上处理
    .do = 请到窗口

## Relation

reason-veh-not-bound = 还没绑定这辆车
    .fact = 您的账号里没有这辆车
    .do = 现在绑定
reason-veh-not-owned = 不算您本人名下的车
    .fact = 要算本人名下，登记的车主要是您；用首违警告，违法那天也要是
    .do = 别人的车要先绑定才能处理；首违警告用不了的，按普通方式处理
reason-veh-bound-after = 违法早于绑定
    .fact = 违法在 { $date }，那时还没有绑定这辆车
    .do = 带驾驶证、身份证、行驶证到窗口
reason-veh-bind-limit-user = 绑定的他人车辆已到上限
    .fact = 现在绑了 { $n } 辆，最多 { $max } 辆
    .do = 先解绑一辆
reason-veh-bind-limit-history = 历史绑定已到上限
    .fact = 一共绑过 { $n } 辆，最多 { $max } 辆
    .do = 请到窗口处理
reason-veh-bind-limit-vehicle = 绑定这辆车的人已满
    .fact = 除车主外已有 { $n } 人绑定，最多 { $max } 人
    .do = 请其中一人先解绑，再试
reason-veh-3-per-cycle = 本周期处理的车已到上限
    .fact = 本记分周期已处理 { $n } 辆车，最多 { $max } 辆
    .do = 其余的到窗口核验后办；{ $until }起重新计算
reason-veh-3-licences = 这辆车用过的驾驶证已到上限
    .fact = 本记分周期已有 { $n } 本驾驶证处理过，最多 { $max } 本
    .do = 请到窗口核验

## Driver

reason-d-no-licence = 没查到驾驶证
    .fact = 按您的证件号没有查到
    .do = 核对证件号，或到车管所
reason-d-state = 驾驶证状态要先办结
    .fact = 驾驶证状态是“{ $state }”
    .do = 按状态说明先办结，再来处理
reason-d-not-local = 驾驶证不是本地核发
    .fact = 核发地代码是 { $home }
    .do = 用交管12123 处理
reason-d-unpaid-old = 有逾期没缴的罚款
    .fact = 还有 { $n } 笔逾期
    .do = 先缴清，否则这些记分会转到下个周期
reason-d-probation = 还在实习期
    .fact = 实习期到 { $until }结束
    .do = { $until }起可以申请
reason-d-under-14-18 = 未满 18 周岁
    .fact = 法律规定从轻处理
    .do = 请监护人陪同到窗口

## Total

reason-d-points-12 = 加上这条就超过上限
    .fact = 处理后累计 { $total } 分，线上最多 { $max } 分
    .do = 先看满分学习怎么办，或到窗口
reason-d-other-vehicle-full = 满 12 分后不能处理别的车
    .fact = 累计已有 { $total } 分
    .do = 只能继续处理同一辆车的记录；其余到窗口
reason-d-24-per-cycle = 本周期处理的分太多
    .fact = 加上这条共 { $total } 分，一个周期最多 { $max } 分
    .do = 请到窗口；{ $until }起重新计算

## First

reason-f-not-enabled = 本市没有开放首违警告
    .fact = 现在不受理
    .do = 按普通方式处理
reason-f-code = 这类违法不能用首违警告
    .fact = 代码 { $code } 不在可警告的轻微违法里
    .do = 按普通方式处理，或看学习减分
reason-f-not-first = 不是本周期的第一条
    .fact = 本记分周期从 { $from } 开始，这条在 { $date }
    .do = 首违警告只给第一条；这条按普通方式处理
reason-f-has-record = 本周期已有违法
    .fact = 本记分周期已处理 { $n } 条违法
    .do = { $until }起是新的周期，可以再用
reason-f-serious-2y = 前几年有较重的违法
    .fact = { $date }有一条，前 { $years } 个记分周期内不能有
    .do = { $until }起不再影响
reason-f-accident = 有交通事故
    .fact = 这条违法造成了事故，或本记分周期有事故记录
    .do = 按普通方式处理
reason-f-used = 本周期已经用过
    .fact = 上次用在 { $date }，每个记分周期一次
    .do = { $until }起可以再用
reason-f-study-used = 本周期用过学习减分
    .fact = 用过学习减分，本周期就不能再用首违警告
    .do = { $until }起恢复
reason-f-fine-points = 罚款或记分超出范围
    .fact = 罚款 { $yuan } 元（最多 { $max } 元），记 { $pts } 分（要少于 { $limit } 分）
    .do = 按普通方式处理，或看学习减分
reason-f-open-old = 还有更早的没处理
    .fact = 有 { $n } 条更早的违法
    .do = 先处理完更早的
reason-f-quiz = 学习答题还没通过
    .fact = 要学满时间，{ $questions } 题答对 { $pass } 题
    .do = 回去接着学，可以再答
reason-f-review = 等民警审核
    .fact = 学习已完成，还没有审核
    .do = 结果会显示在这里，请回来看
reason-f-unused-reminder = 这条可以不交钱
    .fact = 它符合首违警告：学习后只警告，不罚款、不记分
    .do = 先用首违警告；不用也可以直接缴款
reason-f-not-camera = 不是电子警察拍的
    .fact = 首违警告只用于电子警察记录
    .do = 按普通方式处理
reason-f-jam = 造成了拥堵
    .fact = 这条违法造成了拥堵
    .do = 按普通方式处理
reason-f-not-clean-months = 之前几个月有违法
    .fact = 违法前 { $months } 个月内有过违法
    .do = { $until }起的新违法可以再用

## Study

reason-s-no-points = 没有可减的分
    .fact = 可以减的是 { $pts } 分
    .do = 有记分以后再申请，不能提前存
reason-s-full = 已满 12 分
    .fact = 累计 { $pts } 分，不能再用减分
    .do = 参加满分学习
reason-s-cap = 本周期减分已满
    .fact = 已减 { $n } 分，一个周期最多 { $max } 分
    .do = { $until }起可以再申请
reason-s-fullmark-twice = 满分学习次数过多
    .fact = 一个周期里有 { $n } 次满分学习
    .do = { $until }起可以申请
reason-s-serious-3c = 近几个周期有严重处罚
    .fact = 近 { $cycles } 个周期有逃逸、酒驾、假牌证或买分卖分的处罚
    .do = { $until }起可以申请
reason-s-review-overdue = 驾驶证逾期未审验
    .fact = 审验已过期
    .do = 先在交管12123 审验
reason-s-licence-held = 驾驶证被扣
    .fact = 驾驶证处于扣留或暂扣
    .do = 恢复以后再申请
reason-s-vehicle-overdue = 名下有车没检验或没注销
    .fact = 有 { $n } 辆车逾期未检验，或应注销没注销
    .do = 先检验或注销
reason-s-cheated = 有学习作弊记录
    .fact = 近 { $cycles } 个周期有弄虚作假记录
    .do = { $until }起可以申请
reason-s-time = 学习时间还不够
    .fact = 已学 { $done } 秒，要学满 { $need } 秒
    .do = 接着学，学过的时间都算
reason-s-exam-window = 考试期限过了
    .fact = 要在 { $date }以前考试（学完 { $days } 个工作日内）
    .do = 重新学习再考
reason-s-exam-fail = 考试没有合格
    .fact = { $questions } 题要答对 { $pass } 题
    .do = 看一遍漏掉的内容，可以补考
reason-s-face = 学习中人脸没对上
    .fact = 学习过程中人脸比对失败
    .do = 这次不算，请本人重新学习
reason-s-legacy-limit = 这条超出减分范围
    .fact = 记 { $pts } 分（最多 { $max } 分），罚款 { $yuan } 元（最多 { $limit } 元），并且要是电子警察记录
    .do = 按普通方式处理
reason-s-legacy-pay-first = 要先缴罚款
    .fact = 先缴款，再由系统处理和减分
    .do = 去缴款，缴完自动办
reason-s-open-records = 还有违法没处理
    .fact = 还有 { $n } 条没处理
    .do = 先处理完，再申请减分
reason-s-credit-used = 本周期的减分用过了
    .fact = 每个记分周期一次
    .do = { $until }起可以再用

## Payment

reason-p-overdue = 过了缴款期
    .fact = 应在 { $date }以前缴款，之后每日加罚 3%
    .do = 尽快缴款；加罚最多到罚款本身
reason-p-defer = 有困难可以延期
    .fact = 经济困难的可以申请延期或分期
    .do = 提交申请，等批准
reason-p-pending = 银行还没有回复
    .fact = 上一次支付正在确认
    .do = 结果出来以前不要再付
reason-p-failed = 上次支付没有成功
    .fact = 上一次支付没有完成
    .do = 换个方式或稍后再付，不会重复扣款
reason-p-amount-changed = 应缴金额变了
    .fact = 现在应缴的和您确认过的不一样
    .do = 看清新的金额再付
reason-p-batch-partial = 合并缴款里有一笔不能缴
    .fact = 其中一笔现在不能缴
    .do = 其余照常缴，这一笔单独处理

## Rights

reason-r-object = 有异议可以提出
    .fact = 您可以对违法事实提出异议
    .do = 在线提出，5 个工作日内审查
reason-r-statement = 您可以陈述、申辩
    .fact = 作出决定以前都可以
    .do = 在线提交，不会因此罚得更重
reason-r-reconsider = 不服决定可以申请复议
    .fact = { $date }以前可以申请行政复议
    .do = 可以通过本机关提交
reason-r-extension = 来不及可以申请延期
    .fact = 应在 { $date }以前处理
    .do = 可以申请延期，最长 3 个月
