import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import MistralEmulator
import SeededRandom

extension Scenario {
    /// A part of the real world that is added to a seed.
    ///
    /// Each is drawn by a generator of its own, so that a seed's scenario stays the same apart from what is added.
    enum Draw: UInt64, CaseIterable, Hashable, Sendable {
        /// A person runs `convo sync` with another account's key, or for another server.
        case foreignAccess = 1
        /// Our key is replaced.
        case rotatedKeys
        /// A backup is put back, or a copy is used beside the original.
        case copies
        /// Something other than the API answers.
        case foreignAnswers
        case noRoute
        /// A model that is not in the plan, an agent that is gone.
        case refusedTurns
        /// Lists and histories contain malformed elements.
        case oddItems
        case oversizedHistories
        case ignoredPage
        /// Many conversations are hidden for a while, or are really deleted.
        case disappearance
        case staleReads
        /// A server that changes texts before it stores them, and texts that it changes.
        case storedTexts
        case hiddenMetadata
        /// Others start more than a page of conversations just after we started one.
        case busyAccount
        case slowRuns
        case longRetryAfter
        /// The server rewrites texts in another Unicode spelling.
        case spellings
        /// Exchanges that the server does not store, and power cuts.
        case unstored = 19
        /// A person gives the database to another account while the daemon runs, and takes it back.
        case adoption
        /// Equal starts on a server that returns no metadata, whose answers are lost, some of them deleted.
        case equalStarts
        /// Writes that must not pass another writer's, and deletions behind them.
        case conflictPolicies
        /// Starts and restarts whose run fails, on a server that shows the use of tools before the message.
        case failingRuns
        /// Pages of the list without a row that can be read, rows without a time, and deletions between two pages, while
        /// starts are looked for whose answers were lost.
        case oddPages
        /// A conversation that others have made long, and a person who queues many appends to it at once.
        case bursts
        /// Some histories that something between us and the server answers, at each request.
        case filteredHistories
        /// A person retries, cancels or edits writes that are held, whatever the reason.
        case heldDecisions = 27
        /// Exchanges that the server is not to store, between others in one conversation.
        case asides
        /// A clock that is set by some seconds at most, again and again.
        case clockSteps
        /// Pulls that programs ask the daemon for, beside its own.
        case pullsBeside
        /// A person gives the database to another account between an answer and its storing, and takes it back.
        case givenAway
        /// First turns that last, in which the model says something, runs a tool and says more, on a server that shows what there is.
        case announcements
        /// Writes before any jobs of the engine, with polling set to a day.
        ///
        /// This is the last case because it takes everything out of the scenario that may delay a write.
        case interruptions = 18
    }

    /// The parts that a run may draw unless a test says otherwise.
    ///
    /// Only a test of their own draws ``Draw/adoption`` and ``Draw/givenAway``: the checks for the other draws do not know to which
    /// account the database belonged at each moment.
    static let landed = Set(Draw.allCases).subtracting(handedOver)
    /// The parts in which the database changes hands on purpose.
    static let handedOver: Set<Draw> = [.adoption, .givenAway]

    /// Rules whose violations do not count yet.
    static let forgiven: Set<Violation.Rule> = []

    /// A text that such a server does not store as it was sent.
    static func text(changedBy change: InputAlteration?) -> String {
        switch change {
        case nil, .chunks, .capitals: "hello"
        case .trimmed: " hello \n"
        case .lineFeeds: "line\r\nline\r\n"
        case .withoutNUL: "a\u{0}b"
        case .normalized: "cafe\u{301}"
        case .escaped: "caf\u{E9} & <b>"
        }
    }

    private static let rare: Set<Draw> = [
        .oddPages, .conflictPolicies, .bursts, .filteredHistories, .heldDecisions, .asides, .clockSteps, .pullsBeside,
        .announcements,
    ]

    mutating func draw(_ draw: Draw, within span: Duration, always: Bool) {
        var random = SplitMix64(seed: seed &+ draw.rawValue &* 0x9E37_79B9_7F4A_7C15)
        // Equal starts make a long run: each lost answer is looked for among all of them.
        let rate =
            draw == .equalStarts
            ? 100 : Scenario.rare.contains(draw) ? 200 : 350
        guard random.chance(perMille: rate) || always else { return }
        switch draw {
        case .foreignAccess, .rotatedKeys: drawAccess(draw, &random, span)
        case .adoption: drawAdoption(&random, span)
        case .copies: drawCopies(&random, span)
        case .foreignAnswers, .noRoute, .refusedTurns, .staleReads, .slowRuns, .longRetryAfter:
            drawFaults(draw, &random)
        case .oddItems, .oversizedHistories, .disappearance, .busyAccount, .spellings:
            drawOthers(draw, &random, span)
        case .ignoredPage: switches.ignoresPage = true
        case .storedTexts: drawTexts(&random)
        case .hiddenMetadata: drawHiddenMetadata(&random, span)
        case .unstored: drawUnstored(&random, span)
        case .equalStarts: drawEqualStarts(&random, span)
        case .oddPages: drawOddPages(&random, span)
        case .failingRuns: drawFailingRuns(&random)
        case .bursts: drawBursts(&random, span)
        case .filteredHistories: drawFilteredHistories(&random, span)
        case .conflictPolicies: drawPolicies(&random)
        case .heldDecisions: drawHeldDecisions(&random, span)
        case .asides: drawAsides(&random, span)
        case .clockSteps: drawClockSteps(&random, span)
        case .pullsBeside: drawPullsBeside(&random, span)
        case .givenAway: drawGivings(&random, span)
        case .announcements: drawAnnouncements(&random, span)
        case .interruptions: drawInterruptions(&random)
        }
    }

    private mutating func drawUnstored(_ random: inout SplitMix64, _ span: Duration) {
        steps += (0..<random.int(in: 3...6)).map { _ in
            Step(
                at: .start + random.duration(in: .zero...span),
                action: .start(text: random.element(of: Scenario.texts) ?? "hello", isStored: false))
        }
        if deaths.isEmpty {
            deaths = (0..<random.int(in: 1...4)).map { _ in Death(afterPoints: random.int(in: 1...60)) }
        }
        for index in deaths.indices { deaths[index].cutsPower = true }
    }

    /// Filters histories on a server whose list tells which write has made a conversation: elsewhere, each look for a lost start
    /// reads every candidate's history, and one that cannot be read keeps the write in doubt.
    private mutating func drawFilteredHistories(_ random: inout SplitMix64, _ span: Duration) {
        guard switches.metadataShown == .everywhere else { return }
        others.steps.append(.init(at: .start + .seconds(20), .startMany(text: "hello", count: random.int(in: 6...12))))
        others.steps += (0..<random.int(in: 1...8)).map { _ in
            let moment = VirtualInstant.start + random.duration(in: .seconds(20)...span)
            return .init(at: moment, .filterHistory(nth: random.int(in: 0...1000)))
        }
        // What is changed is read again; nothing else would ask for a history that is filtered since.
        others.steps += (0..<random.int(in: 3...10)).map { _ in
            let moment = VirtualInstant.start + random.duration(in: .seconds(20)...span)
            return .init(at: moment, .append(nth: random.int(in: 0...1000), text: "again"))
        }
    }

    private mutating func drawBursts(_ random: inout SplitMix64, _ span: Duration) {
        let nth = random.int(in: 0...1000)
        others.steps.append(.init(at: .start + .seconds(2), .start(text: "hello")))
        for _ in 0..<random.int(in: 1...3) {
            let moment = VirtualInstant.start + random.duration(in: .seconds(3)...span)
            others.steps.append(.init(at: moment, .appendMany(nth: nth, text: "again", count: random.int(in: 10...60))))
        }
        for _ in 0..<random.int(in: 1...2) {
            var moment = VirtualInstant.start + random.duration(in: .seconds(5)...span)
            for _ in 0..<random.int(in: 3...15) {
                // Half of them say what the others say.
                let text = random.chance(perMille: 500) ? "again" : random.element(of: Scenario.texts) ?? "hello"
                steps.append(Step(at: moment, action: .append(nth: nth, text: text)))
                moment = moment + random.duration(in: .zero...Duration.milliseconds(400))
            }
        }
        faults.add(drawnFrom: &random, perMille: 100, requests: 100) { random in
            .requestLost(brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)))
        }
    }

    private mutating func drawPolicies(_ random: inout SplitMix64) {
        limits.conflictPolicy = random.element(of: [.branch, .hold]) ?? .branch
        for step in steps {
            guard case .append = step.action else { continue }
            if random.chance(perMille: 400) {  // another writer is faster
                others.steps.append(.init(at: step.at + .milliseconds(1), .append(nth: 0, text: "hello")))
            }
            if random.chance(perMille: 150) {
                steps.append(Step(at: step.at + .milliseconds(300), action: .deleteRemotely(nth: 0)))
            }
        }
    }

    private mutating func drawAccess(_ draw: Draw, _ random: inout SplitMix64, _ span: Duration) {
        access.identity = random.element(of: AccessPlan.Identity.allCases) ?? .notFound
        access.foreignView = random.element(of: AccessPlan.ForeignView.allCases) ?? .notFound
        access.foreignConversations = random.int(in: 0...3)
        if draw == .rotatedKeys {
            // Where the server does not tell whose key it is, the engine has to read held conversations with it.
            others.steps += (0..<6).map { .init(at: .start + .seconds(1 + $0), .start(text: "hello")) }
            access.rotations = [
                .init(
                    at: .start + random.duration(in: .seconds(200)...span),
                    sourceFollowsAfter: random.duration(in: .seconds(-30)...Duration.seconds(120)))
            ]
        } else {
            steps += (0..<random.int(in: 1...3)).map { _ in
                Step(
                    at: .start + random.duration(in: .zero...span),
                    action: .syncAs(random.element(of: [.neighbour, .elsewhere]) ?? .neighbour))
            }
        }
    }

    /// Adds an adoption, unless a key is replaced or a copy used: the check could not tell whose database it is.
    private mutating func drawAdoption(_ random: inout SplitMix64, _ span: Duration) {
        guard access.rotations.isEmpty, !steps.contains(where: { $0.action == .backUp }) else { return }
        access.identity = random.element(of: AccessPlan.Identity.allCases) ?? .notFound
        let away = random.duration(in: .seconds(60)...span)
        steps.append(Step(at: .start + away, action: .adoptAs(.neighbour)))
        // The person repeats it, because an outage may prevent it.
        for minutes in [2, 4, 8, 16, 32] {
            steps.append(Step(at: .start + away + .seconds(minutes * 60), action: .adoptAs(.ours)))
        }
        adoptsByHand = true
    }

    /// Adds a copy that is made just after a write was queued, so that the write is open in the copy and delivered in
    /// the original.
    private mutating func drawCopies(_ random: inout SplitMix64, _ span: Duration) {
        let written = random.element(of: steps)?.at ?? .start
        let saved = written + random.duration(in: .milliseconds(1)...Duration.milliseconds(400))
        let later = saved + random.duration(in: .seconds(2)...Duration.seconds(600))
        steps.append(Step(at: saved, action: .backUp))
        steps.append(Step(at: later, action: random.chance(perMille: 600) ? .restore : .syncCopy))
        if random.chance(perMille: 500) { steps.append(Step(at: later + .seconds(60), action: .retryCopied)) }
    }

    private mutating func drawTexts(_ random: inout SplitMix64) {
        switches.storedText = random.element(of: [nil] + InputAlteration.allCases) ?? .trimmed
        let text = Scenario.text(changedBy: switches.storedText)
        steps = steps.map { step in
            random.chance(perMille: 700) ? Step(at: step.at, action: step.action.saying(text)) : step
        }
        // The engine compares texts only after an answer was lost.
        faults.add(drawnFrom: &random, perMille: 250, requests: 250) { random in
            .answerLost(
                brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)),
                lockHolds: random.duration(in: .zero...Duration.seconds(60)))
        }
    }

    private mutating func drawInterruptions(_ random: inout SplitMix64) {
        faults = FaultPlan()
        others = OtherWriter()
        access = AccessPlan()
        deaths = []
        clockJumps = []
        givings = []
        intervals = SyncIntervals(poll: .seconds(86_400), sweep: .seconds(86_400))
        steps = (0..<3).map { Step(at: .start + .seconds(1 + $0), action: .start(text: "hello", isStored: true)) }
        steps.append(Step(at: .start + .seconds(60), action: .append(nth: 0, text: "hello")))
        interruptions = (0..<random.int(in: 1...6)).map { _ in
            Interruption(
                beforeJob: random.int(in: 1...1200),
                action: random.chance(perMille: 500)
                    ? .start(text: "hello", isStored: true) : .append(nth: random.int(in: 0...1000), text: "again"))
        }
        interruptions.sort { $0.beforeJob < $1.beforeJob }
    }
}

extension Scenario.Action {
    /// The action with another text, if it has a text that does not tell the model what to do.
    fileprivate func saying(_ text: String) -> Scenario.Action {
        switch self {
        case .start(let old, let isStored) where !old.hasPrefix("["): .start(text: text, isStored: isStored)
        case .append(let nth, let old) where !old.hasPrefix("["): .append(nth: nth, text: text)
        case .restart(let nth, let old) where !old.hasPrefix("["): .restart(nth: nth, text: text)
        case .aside(let nth, let old) where !old.hasPrefix("["): .aside(nth: nth, text: text)
        default: self
        }
    }
}
