// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementSimulator
import EntanglementTestKit
import PortMapping
import Testing

/// Routers that restart, lie, fall silent and lose packets, in an order that a seed decides.
@Suite struct RouterChaosTests {
    private static let externals: [IPAddress] = [
        .v4(0x2d2d_2d01), .v4(0x2e2e_2e2e), .v4(0x6440_0001), .v4(0x0a00_0001), .v4(0),
    ]

    @Test(arguments: UInt64(0)..<100)
    func afterAnyTroubleAGoodRouterIsUsedAgain(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let all: [RouterService.Protocols] = [
            .natpmp, .pcp, .upnp, [.natpmp, .pcp], [.natpmp, .upnp], .all,
        ]
        let protocols = try #require(all.randomElement(using: &generator))
        var link = RouterLink(protocols)
        var told: [PortMapper.Output] = []
        link.join()
        told += link.run(for: .zero)
        for _ in 0..<40 {
            told += Self.trouble(&link, using: &generator)
            told += link.run(for: .seconds(Int64.random(in: 0...3000, using: &generator)))
        }
        // Quiet again: at the latest with the next try, and with the next renewal, all is well.
        link.router.manner = .answers
        link.lossPerMille = 0
        let good = Self.externals[0]
        told += link.announce(link.router.setExternal(good, now: link.now))
        told += link.run(for: .seconds(15_000))
        let open = try Self.open(told)
        let external = try #require(open, "not mapped in the end")
        #expect(external.address == good)
        #expect(link.router.inner(of: external.port, now: link.now) == link.inner)
        let end = link.handle(.stop)
        #expect(end == [.lost(external)])
        #expect(link.router.inner(of: external.port, now: link.now) == nil)
    }

    /// Something happens to the router; what follows at once is returned.
    private static func trouble(
        _ link: inout RouterLink, using generator: inout SeededGenerator
    ) -> [PortMapper.Output] {
        let external = Self.externals.randomElement(using: &generator) ?? .v4(0)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: link.router.restart(now: link.now)
        case 1: return link.announce(link.router.restart(external: external, now: link.now))
        case 2: return link.announce(link.router.setExternal(external, now: link.now))
        case 3: link.router.setExternal(external, now: link.now)
        case 4:
            link.router.manner =
                RouterService.Manner.allCases.randomElement(
                    using: &generator) ?? .answers
        case 5: link.lossPerMille = [0, 100, 500, 1000].randomElement(using: &generator) ?? 0
        case 6: return link.handle(.refresh)
        default: link.router.onlyPermanentLeases.toggle()
        }
        return []
    }

    /// What is mapped after all that was told; each loss must be of what was mapped.
    private static func open(_ told: [PortMapper.Output]) throws -> Endpoint? {
        var open: Endpoint?
        for output in told {
            switch output {
            case .mapped(let external, _, let life):
                #expect(external.address.isPublic && external.port != 0 && life > .zero)
                #expect(open == nil || open == external, "not lost before the next")
                open = external
            case .lost(let external):
                #expect(open == external)
                open = nil
            case .secondNAT(let address):
                #expect(!address.isPublic && address.isUnicast && open == nil)
            case .unavailable: #expect(open == nil)
            case .send, .http: Issue.record("nothing to be told")
            }
        }
        return open
    }
}
