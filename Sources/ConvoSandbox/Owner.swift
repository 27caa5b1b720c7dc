import ConvoModel
import ConvoServer

/// Whose a conversation or a file is: the creator of the key that made it, in that key's workspace.
struct Owner: Hashable, Sendable {
    let user: String
    let workspace: String

    init(_ principal: Principal) {
        (user, workspace) = (principal.user, principal.workspace)
    }

    /// `nil` for an object that names none.
    init?(json: JSONText) {
        guard let user = json["user"]?.string, let workspace = json["workspace"]?.string else { return nil }
        (self.user, self.workspace) = (user, workspace)
    }

    var json: JSONText { .object(["user": .string(user), "workspace": .string(workspace)]) }
}

extension Switches {
    /// Whose is what a principal makes; nobody's in particular where any key is taken.
    func owner(_ principal: Principal) -> Owner? { keys.isEmpty ? nil : Owner(principal) }

    /// Whether a principal sees what that owner has. What has no owner is everybody's.
    func shows(_ owner: Owner?, to principal: Principal) -> Bool {
        guard !keys.isEmpty, let owner else { return true }
        return owner.user == principal.user && (visibility == .user || owner.workspace == principal.workspace)
    }
}
