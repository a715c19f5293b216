// SPDX-License-Identifier: Apache-2.0
public import ServiceLifecycle

/// A service group runs a node like any other service: a graceful shutdown is ``NodeDriver/stop()``.
extension NodeDriver: Service {}
