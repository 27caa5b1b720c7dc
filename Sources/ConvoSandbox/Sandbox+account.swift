public import ConvoJSON
import ConvoModel
public import ConvoServer

/// The operations on the account behind a key, and on the files that the model made.
extension Sandbox {
    /// Describes the principal's user: names, and ids that are derived from the names.
    ///
    /// - Parameter principal: the bearer of the request's key.
    /// - Returns: the object of `GET /v1/users/me`; ``Switches/identityParts`` may make its workspace and organization
    ///   `null`.
    /// - Throws: ``ServiceError``: the answer that ``Switches/userAnswer`` chooses, 403 for a service account, which
    ///   has no user, or a fault's answer.
    public func getUser(_ principal: Principal) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.getUser)
        if let refusal = switches.userAnswer.refusal { throw refusal }
        // There is no user behind a service account's key.
        if principal.isServiceAccount { throw .forbidden }
        return try plan.delivered(identity(principal).user)
    }

    /// Describes the principal, a user or a service account: names, and ids that are derived from the names.
    ///
    /// - Parameter principal: the bearer of the request's key.
    /// - Returns: the object of `GET /v1/whoami`; ``Switches/identityParts`` may make its workspace and organization
    ///   `null`.
    /// - Throws: ``ServiceError``: the answer that ``Switches/whoAmIAnswer`` chooses, or a fault's answer.
    public func whoAmI(_ principal: Principal) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.whoAmI)
        if let refusal = switches.whoAmIAnswer.refusal { throw refusal }
        return try plan.delivered(identity(principal).whoAmI)
    }

    private func identity(_ principal: Principal) -> Identity {
        Identity(principal: principal, isWhole: switches.identityParts == .all)
    }

    /// Returns the bytes of a file that the model made.
    ///
    /// - Parameters:
    ///   - id: the `file_id` of a `tool_file` chunk.
    ///   - principal: the bearer of the request's key.
    /// - Returns: the file's content: a JPEG image or a CSV table.
    /// - Throws: ``ServiceError``: 404 for a file that is not there or that the principal does not see, 500 for a table
    ///   under ``Switches/codeFile``, or a fault's answer.
    public func downloadFile(
        _ id: String, by principal: Principal = Principal()
    ) async throws(ServiceError) -> [UInt8] {
        let plan = try await begin(.downloadFile)
        let file = try findFile(id, principal)
        if file.kind == .table, switches.codeFile == .failed {
            throw .business(500, code: 3000, "Internal server error")
        }
        return try plan.delivered(file.bytes)
    }

    /// Makes a URL under which a client downloads a file without a key.
    ///
    /// - Parameters:
    ///   - id: the `file_id` of a `tool_file` chunk.
    ///   - hours: how long the URL is valid, from now on.
    ///   - principal: the bearer of the request's key.
    /// - Returns: `{"url": "…"}`. The URL is valid for this sandbox only, not for one that opens the same file later.
    /// - Throws: ``ServiceError``: 404 for a file that is not there or that the principal does not see, or a fault's
    ///   answer.
    public func getSignedURL(
        of id: String, hours: Int, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.getSignedURL)
        let file = try findFile(id, principal)
        let url = signer.url(of: file.id, expiry: Sandbox.seconds + Int64(hours) * 3600)
        return try plan.delivered(.object(["url": .string(url)]))
    }

    /// Deletes a file.
    ///
    /// - Parameters:
    ///   - id: the `file_id` of a `tool_file` chunk.
    ///   - principal: the bearer of the request's key.
    /// - Returns: `{"id": "…", "object": "file", "deleted": true}`.
    /// - Throws: ``ServiceError``: 404 for a file that is not there or that the principal does not see, 500 where the
    ///   disk takes no more, or a fault's answer. Under a fault that comes after the commit the file is deleted.
    public func deleteFile(_ id: String, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.deleteFile)
        let file = try findFile(id, principal)
        try apply(.removeFile(id: file.id))
        return try plan.delivered(
            .object(["id": .string(file.id), "object": .string("file"), "deleted": .bool(true)]))
    }

    /// The file behind a signed URL; `nil` where the signature is wrong, the URL has expired or the file is deleted.
    func file(_ id: String, expiry: Int64, signature: String) -> StoredFile? {
        signer.accepts(signature, of: id, expiry: expiry, at: Sandbox.seconds) ? library.files[id] : nil
    }

    var fileMaker: FileMaker {
        FileMaker(
            signer: signer, expiry: Sandbox.seconds + Int64(switches.signedURLSeconds), imageChunk: switches.imageChunk)
    }

    private func findFile(_ id: String, _ principal: Principal) throws(ServiceError) -> StoredFile {
        guard let file = library.files[id], switches.shows(file.owner, to: principal) else {
            throw .answer(
                status: 404,
                .gateway(
                    message: "No file matches the given query.", type: "invalid_request_error", code: "3000",
                    rawStatus: 404))
        }
        return file
    }

    /// The current time in seconds since 1970.
    private static var seconds: Int64 { WallClock.microseconds() / 1_000_000 }
}

extension Switches.IdentityAnswer {
    fileprivate var refusal: ServiceError? {
        switch self {
        case .given: nil
        case .unauthorized: .answer(status: 401, .router(message: "Unauthorized"))
        case .forbidden: .answer(status: 403, .detail("Forbidden"))
        case .notFound: .noRoute
        }
    }
}
