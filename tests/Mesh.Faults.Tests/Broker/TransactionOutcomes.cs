using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>The transactions of a history and what became of them.</summary>
internal sealed class TransactionOutcomes
{
    private readonly Dictionary<(string Topic, string Value), (int Committed, int Unknown, int Aborted)> counts = [];

    public TransactionOutcomes(IEnumerable<ClientHistory> clients)
    {
        var all = new List<Transaction>();
        foreach (var client in clients)
        {
            var events = client.Events.Where(each => each.Transaction is not null).ToLookup(each => each.Transaction!);
            foreach (var transaction in events)
            {
                var begin = transaction.First(each => each.Kind == HistoryKind.Begin);
                var outcome = transaction.Any(each => each.Kind == HistoryKind.Committed) ? TransactionOutcome.Committed
                    : transaction.Any(each => each.Kind == HistoryKind.Aborted) ? TransactionOutcome.Aborted
                    : transaction.Any(each => each.Kind == HistoryKind.Committing) ? TransactionOutcome.Unknown
                    : TransactionOutcome.Aborted;
                all.Add(new Transaction(transaction.Key, begin.Topic!, begin.Values!, outcome));
                foreach (string value in begin.Values!)
                {
                    var (committed, unknown, aborted) = counts.GetValueOrDefault((begin.Topic!, value));
                    counts[(begin.Topic!, value)] = outcome switch
                    {
                        TransactionOutcome.Committed => (committed + 1, unknown, aborted),
                        TransactionOutcome.Unknown => (committed, unknown + 1, aborted),
                        _ => (committed, unknown, aborted + 1),
                    };
                }
            }
        }

        All = all;
    }

    public IReadOnlyList<Transaction> All { get; }

    /// <summary>Every value that some transaction holds.</summary>
    public IEnumerable<(string Topic, string Value)> Values => counts.Keys;

    /// <summary>How many transactions with this value ended how.</summary>
    public (int Committed, int Unknown, int Aborted) CountsOf(string topic, string value) => counts.GetValueOrDefault((topic, value));

    internal sealed record Transaction(string Name, string Topic, IReadOnlyList<string> Values, TransactionOutcome Outcome);
}
