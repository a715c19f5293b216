// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import NIOPosix

extension HostPort {
    /// The host's usable endpoints, in the system's order of preference; empty when it has none.
    ///
    /// The look-up waits on a thread of its own kind, neither on an event loop nor on a thread of
    /// Swift's pool.
    public func resolve() async -> [Endpoint] {
        if let literal = self.literal { return literal.isUsable ? [literal] : [] }
        return (try? await NIOThreadPool.singleton.runIfActive { self.lookUp() }) ?? []
    }
}
