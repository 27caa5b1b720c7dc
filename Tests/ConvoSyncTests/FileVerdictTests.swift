import ConvoAPI
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `A file that could not be fetched` {
    private func verdict(_ kind: APIError.Kind, behindLink: Bool = false, isAPIsOwn: Bool = true) -> FileVerdict {
        FileVerdict(APIError(kind, effect: .none, message: "", isAPIsOwn: isAPIsOwn), behindLink: behindLink)
    }

    @Test func `is gone where the API says so, or where its link has expired`() {
        #expect(verdict(.status(404)) == .unavailable(.gone, reason: "not_found"))
        for status in [401, 403, 404, 410] {
            #expect(
                verdict(.status(status), behindLink: true, isAPIsOwn: false)
                    == .unavailable(.gone, reason: "link_expired"))
        }
        #expect(verdict(.answerTooLarge(limit: 1)) == .unavailable(.tooLarge, reason: "too_large"))
        #expect(verdict(.unusableRequest, behindLink: true) == .unavailable(.refused, reason: "unusable_link"))
    }

    @Test func `is tried again where something else answers, or the server fails`() {
        #expect(verdict(.notTheAPI(status: 200), isAPIsOwn: false) == .later(reason: "not_the_api", asked: nil))
        #expect(verdict(.notTheAPI(status: 404), isAPIsOwn: false) == .later(reason: "not_found", asked: nil))
        #expect(verdict(.status(500)) == .later(reason: "server_failed", asked: nil))
        #expect(verdict(.answerLost) == .later(reason: "server_failed", asked: nil))
        #expect(verdict(.unreachable, behindLink: true) == .later(reason: "server_failed", asked: nil))
    }

    @Test func `is not blamed where nothing can be fetched`() {
        #expect(verdict(.unreachable) == .halted)
        #expect(verdict(.cancelled) == .halted)
        #expect(
            verdict(.status(401)) == .later(reason: "server_failed", asked: nil), "the pull finds out about the key")
        #expect(verdict(.noRoute, isAPIsOwn: false) == .later(reason: "not_the_api", asked: nil))
    }
}
