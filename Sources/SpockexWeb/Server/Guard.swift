// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import SpockexAPI
import SpockexNode

/// An error with a status of its own, where the API's code does not decide it.
struct HTTPRefusal: Error {
    var status: HTTPResponse.Status
    var error: APIError

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.error = APIError(
            .badRequest, message, hint: "docs/API.md describes every request.")
    }
}

/// Refuses requests of the wrong form and turns every error into the API's JSON.
struct Guard: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            try Self.check(request)
            return try await next(request, context)
        } catch let refusal as HTTPRefusal {
            return Self.response(refusal.error, status: refusal.status)
        } catch let error as APIError {
            return Self.response(error, status: .init(code: error.code.httpStatus))
        } catch let error as NodeError {
            let error = APIError(error)
            return Self.response(error, status: .init(code: error.code.httpStatus))
        } catch let error as any HTTPResponseError {
            let sentence =
                switch error.status {
                case .contentTooLarge: "The body of the request is too long."
                case .notFound, .methodNotAllowed: "There is no such request."
                default: "The request does not have the form that is expected here."
                }
            let refusal = HTTPRefusal(error.status, sentence)
            return Self.response(refusal.error, status: refusal.status)
        }
    }

    private static func check(_ request: Request) throws {
        guard request.head.authority == "localhost" else {
            throw HTTPRefusal(.misdirectedRequest, "The Host of a request must be localhost.")
        }
        guard request.method == .post else { return }
        guard request.headers[.contentType] == "application/json" else {
            throw HTTPRefusal(
                .unsupportedMediaType, "The Content-Type of a request must be application/json.")
        }
    }

    private static func response(_ error: APIError, status: HTTPResponse.Status) -> Response {
        let text = (try? JSONLine.text(error)) ?? "{}"
        return Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension Request {
    /// The body as a value; refuses what is too long or of another form.
    func value<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        let buffer = try await self.body.collect(upTo: Limits.bodyByteCountMax)
        return try JSONLine.value(type, from: buffer.readableBytesView)
    }
}
