using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>What one client did and saw.</summary>
internal sealed record ClientHistory(string Client, ClientRole Role, IReadOnlyList<HistoryEvent> Events);
