import ConvoJSON
import ConvoModel

/// Reads the answers to `GET /v1/users/me` and `GET /v1/whoami`.
enum AccountAnswer {
    /// `{id, email, first_name, last_name, workspace, organization, api_key}`
    static func user(_ answer: JSONAnswer) throws(ModelError) -> Account {
        guard let json = answer.kept else { throw .unexpected(expected: "an account", in: "answer") }
        return try account(of: json, person: json)
    }

    /// `{principal{principal_type, id, …}, organization, workspace}`
    static func principal(_ answer: JSONAnswer) throws(ModelError) -> Account {
        guard let json = answer.kept, let principal = json["principal"] else {
            throw .missing(field: "principal", in: "account")
        }
        return try account(of: json, person: principal)
    }

    private static func account(of json: JSONText, person: JSONText) throws(ModelError) -> Account {
        guard let user = party(person) else { throw .missing(field: "id", in: "account") }
        return Account(
            user: user, workspace: json["workspace"].flatMap(party), organization: json["organization"].flatMap(party))
    }

    private static func party(_ json: JSONText) -> Account.Party? {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        let fullName = ["first_name", "last_name"].compactMap { json[$0]?.string }.joined(separator: " ")
        let names = [json["email"]?.string, json["name"]?.string, fullName]
        return Account.Party(id: id, name: names.compactMap { $0?.printable }.first)
    }
}
