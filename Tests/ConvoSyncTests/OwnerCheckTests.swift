import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `An account in a sentence` {
    private func words(_ user: Account.Party?, _ workspace: Account.Party? = nil, _ organization: Account.Party? = nil)
        -> String
    {
        Account(user: user, workspace: workspace, organization: organization).words
    }

    @Test func `has the user's name or id, and where that is`() {
        #expect(words(.init(id: "u1", name: "Ann")) == "Ann")
        #expect(words(.init(id: "u1")) == "u1")
        #expect(words(.init(id: "u1"), .init(id: "w1", name: "Lab")) == "u1 (workspace Lab)")
        #expect(words(.init(id: "u1"), .init(id: "w1"), .init(id: "o1", name: "Org")) == "u1 (workspace w1, Org)")
        #expect(words(nil, nil, .init(id: "o1")) == "an unnamed user (o1)")
    }
}

@Suite struct `Whose database it is` {
    private let server = "https://api.example"
    private let ann = Account(user: .init(id: "u1", name: "ann"), workspace: .init(id: "w1"))
    private let bob = Account(user: .init(id: "u2", name: "bob"), workspace: .init(id: "w1"))

    private func check(
        owner: StoreOwner, server: String? = nil, isKeyKnown: Bool = false, held: Int = 0
    ) -> OwnerCheck {
        OwnerCheck(
            OwnerCheck.Known(
                owner: owner, server: server ?? self.server, isKeyKnown: isKeyKnown,
                held: (0..<held).map { RemoteID("conv_\($0)") }))
    }

    /// Answers the check's steps until it has decided; `readable` are the conversations that the key can read.
    private func decided(_ check: OwnerCheck, told: Account?, readable: Set<Int> = []) -> OwnerCheck.Step {
        var check = check
        for _ in 0..<20 {
            switch check.step {
            case .askWhoAmI: check.told(told)
            case .read(let id): check.read(isThere: readable.contains { "conv_\($0)" == id.rawValue })
            case .accept, .refuse: return check.step
            }
        }
        return check.step
    }

    @Test func `is the first one's who comes`() {
        #expect(decided(check(owner: StoreOwner(server: nil)), told: ann) == .accept(ann))
        #expect(decided(check(owner: StoreOwner(server: nil)), told: nil) == .accept(nil))
    }

    @Test func `is not asked again with a key that is known`() {
        #expect(check(owner: StoreOwner(server: server, account: ann), isKeyKnown: true).step == .accept(nil))
    }

    @Test func `is no other server's, whatever the key`() {
        let step = check(owner: StoreOwner(server: server), server: "https://other.example", isKeyKnown: true).step
        #expect(step == .refuse(.otherServer))
    }

    @Test func `is told by the server: a rotated key works, another person's does not`() {
        let owner = StoreOwner(server: server, account: ann)
        let renamed = Account(user: .init(id: "u1", name: "Ann B."), organization: .init(id: "o1"))
        #expect(decided(check(owner: owner, held: 3), told: renamed) == .accept(renamed))
        #expect(decided(check(owner: owner, held: 3), told: bob, readable: [0]) == .refuse(.otherAccount(bob)))
        let elsewhere = Account(user: .init(id: "u1"), workspace: .init(id: "w2"))
        #expect(decided(check(owner: owner), told: elsewhere) == .refuse(.otherAccount(elsewhere)))
    }

    @Test func `is told by what can be read where the server does not tell`() {
        let owner = StoreOwner(server: server)
        #expect(decided(check(owner: owner, held: 3), told: nil, readable: [2]) == .accept(nil))
        #expect(decided(check(owner: owner, held: 3), told: nil) == .refuse(.otherAccount(nil)))
        #expect(decided(check(owner: owner, held: 3), told: bob) == .refuse(.otherAccount(bob)))
        #expect(
            decided(check(owner: StoreOwner(server: server, account: ann), held: 3), told: nil, readable: [0])
                == .accept(nil))
    }

    @Test func `is nobody else's where nothing is held that could tell`() {
        let owner = StoreOwner(server: server)
        #expect(decided(check(owner: owner), told: nil) == .refuse(.otherAccount(nil)))
        #expect(decided(check(owner: owner), told: bob) == .refuse(.otherAccount(bob)))
    }
}
