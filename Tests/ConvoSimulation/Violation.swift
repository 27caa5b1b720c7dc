/// One broken promise, as a sentence, with what is needed to find it.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package enum Rule: CaseIterable, Hashable, Sendable {
        /// An acknowledged write is nowhere: neither on the server nor in the outbox.
        case lostWrite
        /// A write is on the server twice.
        case repeatedWrite
        /// The outbox says of a write what the server does not bear out.
        case falseState
        /// A write that waits for a person does not say why.
        case silentRefusal
        /// Two writes are on the server in another order than they were accepted.
        case wrongOrder
        /// The mirror differs from the server at a quiet point.
        case mirrorDiffers
        /// Something that we once held, or were answered, is gone from our disk.
        case forgotten
        /// A conversation is marked as deleted, and the server has it.
        case falseDeletion
        /// An entry is marked as dropped by too few readings, and the server has it.
        case falseDrop
        /// Two writers of ours in one conversation at once.
        case overlappingWriters
        /// A write sent again though nothing told us that the first had failed.
        case blindResend
        /// A request sooner than the back-off or the server allowed.
        case impatient
        /// It never comes to rest.
        case restless
        /// A write sent again that the server had refused for good.
        case stubborn
        /// A request that the server's schema forbids.
        case malformedRequest
        /// Something of ours is in another's account, or something of it in our mirror.
        case wrongAccount
        /// A write waits though nothing keeps it from going, or a person for what takes minutes.
        case late
        /// What cannot be read was fetched again and again.
        case wasteful
        /// What tries whether the server is there again makes the model answer.
        case costlyProbe
    }

    package let rule: Rule
    package let sentence: String
    package var description: String { "\(rule): \(sentence)" }

    package init(_ rule: Rule, _ sentence: String) { (self.rule, self.sentence) = (rule, sentence) }
}
