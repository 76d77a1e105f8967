using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>All clients' journals, and what the log holds in the end.</summary>
/// <param name="Clients">The journals.</param>
/// <param name="FinalCommitted">The whole log, as a reader of committed records sees it.</param>
/// <param name="FinalUncommitted">The whole log, as a reader of everything sees it.</param>
internal sealed record History(IReadOnlyList<ClientHistory> Clients, IReadOnlyList<HistoryEvent> FinalCommitted, IReadOnlyList<HistoryEvent> FinalUncommitted);
