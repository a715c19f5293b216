// SPDX-License-Identifier: Apache-2.0
import Foundation
import SpockexAPI
import Testing

@Suite struct APIClientTests {
    private func code(asking path: String) async throws -> APIError.Code? {
        let client = try APIClient(socketPath: path)
        do throws(APIError) {
            _ = try await client.get("/v1/status", as: StatusReport.self)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func aMissingSocketMeansNotRunning() async throws {
        #expect(try await self.code(asking: "/nonexistent/api.sock") == .notRunning)
    }

    @Test func aSocketWithoutListenerMeansNotRunning() async throws {
        let path = NSTemporaryDirectory() + "spockex-\(UInt32.random(in: .min ... .max)).sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        defer { unlink(path) }
        close(descriptor)
        try #require(result == 0)
        #expect(try await self.code(asking: path) == .notRunning)
    }

    @Test func aPathTooLongForASocketIsToldAtOnce() {
        let path = "/" + String(repeating: "x", count: APIClient.pathByteCountLimit)
        let error = #expect(throws: APIError.self) { try APIClient(socketPath: path) }
        #expect(error?.code == .usage)
    }
}
