using System.Text.Json;
using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>How much a run really saw; a run that saw little proves little.</summary>
internal sealed record HistoryReport
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public required int Seed { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Faults by kind.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    public required int Clients { get; init; }

    public required int Sent { get; init; }

    public required int Acknowledged { get; init; }

    /// <summary>Records nobody got an answer for.</summary>
    public required int Unanswered { get; init; }

    /// <summary>Producers that a successor has taken over from, and that noticed.</summary>
    public required int Fenced { get; init; }

    /// <summary>Producers that stopped because they contradicted themselves, which is not the broker's fault.</summary>
    public required int ContradictoryClients { get; init; }

    public required int TransactionsCommitted { get; init; }

    public required int TransactionsAborted { get; init; }

    public required int TransactionsUnknown { get; init; }

    public required int Reads { get; init; }

    public required int GroupCommits { get; init; }

    public required int Rebalances { get; init; }

    /// <summary>Values of producers without idempotence that are there more than once, which is their right.</summary>
    public required int PlainDuplicates { get; init; }

    public required int FinalRecords { get; init; }

    public required IReadOnlyList<string> Findings { get; init; }

    public static HistoryReport Of(History history, int seed, TimeSpan length, IReadOnlyDictionary<string, int> faults)
    {
        var events = history.Clients.SelectMany(client => client.Events).ToList();
        int Count(HistoryKind kind) => events.Count(each => each.Kind == kind);
        var transactions = new TransactionOutcomes(history.Clients).All;
        var log = new FinalLog(history.FinalUncommitted);
        int sent = Count(HistoryKind.Send);
        return new HistoryReport
        {
            Seed = seed,
            Seconds = length.TotalSeconds,
            Faults = faults,
            Clients = history.Clients.Count,
            Sent = sent,
            Acknowledged = Count(HistoryKind.Ack),
            Unanswered = sent - Count(HistoryKind.Ack) - Count(HistoryKind.Failed),
            Fenced = Count(HistoryKind.Fenced),
            ContradictoryClients = events.Count(each => each.Kind == HistoryKind.Fatal && !HistoryChecker.IsTheBrokersFault(each)),
            TransactionsCommitted = transactions.Count(each => each.Outcome == TransactionOutcome.Committed),
            TransactionsAborted = transactions.Count(each => each.Outcome == TransactionOutcome.Aborted),
            TransactionsUnknown = transactions.Count(each => each.Outcome == TransactionOutcome.Unknown),
            Reads = Count(HistoryKind.Read),
            GroupCommits = Count(HistoryKind.OffsetCommitted),
            Rebalances = events.Count(each => each.Kind == HistoryKind.Assigned && each.Group is not null),
            PlainDuplicates = history.Clients.Where(client => client.Role == ClientRole.PlainProducer).SelectMany(client => client.Events)
                .Count(each => each.Kind == HistoryKind.Send && log.Of(each.Topic!, each.Value!).Count > 1),
            FinalRecords = history.FinalUncommitted.Count(each => each.Kind == HistoryKind.Read),
            Findings = HistoryChecker.Check(history),
        };
    }

    public override string ToString() => JsonSerializer.Serialize(this, Json);
}
