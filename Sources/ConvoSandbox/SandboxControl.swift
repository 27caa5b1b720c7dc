import ConvoJSON
import ConvoModel
import ConvoServer
import HTTPTypes
import Hummingbird
import MistralEmulator

/// The sandbox's own routes, under `/sandbox`, where the API has none: the request log, the switches, the state.
struct SandboxControl: Sendable {
    /// The largest body in bytes that the routes accept.
    static let bodyLimit = 512 << 20

    let sandbox: Sandbox

    func addRoutes(to router: Router<ExchangeContext>) {
        let control = router.group("sandbox")
        control.get("requests") { _, _ in SandboxControl.response(await sandbox.log.json) }
        control.delete("requests") { _, _ -> Response in
            await sandbox.clearLog()
            return Response(status: .noContent)
        }
        control.get("switches") { _, _ in SandboxControl.response(await sandbox.switches.json) }
        control.post("switches") { request, _ in try await turn(request) }
        control.get("conversations") { _, _ in SandboxControl.response(await sandbox.records) }
        control.post("conversations") { request, _ in try await load(request) }
        control.get("files/:id") { request, context in
            try await file(context.parameters.require("id"), request)
        }
        control.get("busy") { _, _ in
            SandboxControl.response(.array(await sandbox.busyConversations.map { .string($0.rawValue) }))
        }
    }

    /// Sets the switches in a body `{"NAME": "VALUE", …}`: all of them, or none and 400 with the reason.
    private func turn(_ request: Request) async throws -> Response {
        let assignments = try await body(request).members.map { ($0.key, $0.value.string ?? $0.value.text) }
        do {
            try await sandbox.turn { switches throws(SwitchError) in
                for (name, value) in assignments { try switches.set(name, to: value) }
            }
        } catch let error as SwitchError {
            return SandboxControl.refusal("\(error)")
        }
        return SandboxControl.response(await sandbox.switches.json)
    }

    private func load(_ request: Request) async throws -> Response {
        do {
            let count = try await sandbox.load(body(request))
            return SandboxControl.response(.object(["loaded": .int(count)]))
        } catch let error as LoadError {
            return SandboxControl.refusal("\(error)")
        }
    }

    /// Answers a signed URL with the file, without asking for a key.
    private func file(_ id: String, _ request: Request) async throws -> Response {
        let query = request.uri.queryParameters
        let expiry = query["expires"].flatMap { Int64($0) } ?? 0
        guard let file = await sandbox.file(id, expiry: expiry, signature: query["signature"].map(String.init) ?? "")
        else {
            return Response(
                status: .forbidden, headers: [.contentType: "text/plain"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "The URL's time is over, or it was never good.\n")))
        }
        return Response(
            status: .ok, headers: [.contentType: file.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    private func body(_ request: Request) async throws -> JSONText {
        let buffer = try await request.body.collect(upTo: SandboxControl.bodyLimit)
        do {
            return try JSONText(utf8: Array(buffer.readableBytesView))
        } catch {
            throw HTTPError(.badRequest, message: "\(error)")
        }
    }

    private static func response(_ json: JSONText) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json.text)))
    }

    private static func refusal(_ reason: String) -> Response {
        Response(
            status: .badRequest, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: JSONText.object(["detail": .string(reason)]).text)))
    }
}

extension Switches {
    fileprivate var json: JSONText { .object(Switch.all.map { ($0.name, .string($0.value(self))) }) }
}
