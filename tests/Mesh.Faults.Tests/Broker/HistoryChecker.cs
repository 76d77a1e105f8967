using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>Holds a history against what the broker promises. Each finding begins with the broken promise's name.</summary>
internal sealed class HistoryChecker
{
    // librdkafka's words for having sent again, in other bounds, records that it had an acknowledgement for ("should never happen unless we
    // have local bug", its source says). Kafka refuses such a batch as the broker here does: it is no copy of one that it remembers. What was
    // acknowledged is held against the log all the same.
    private const string ClientContradictsItself = "with rewound sequence number";

    private readonly History history;
    private readonly FinalLog committed;
    private readonly FinalLog everything;
    private readonly TransactionOutcomes transactions;
    private readonly List<string> findings = [];

    private HistoryChecker(History history)
    {
        this.history = history;
        committed = new FinalLog(history.FinalCommitted);
        everything = new FinalLog(history.FinalUncommitted);
        transactions = new TransactionOutcomes(history.Clients);
    }

    /// <returns>What is wrong; empty when every promise was kept.</returns>
    public static IReadOnlyList<string> Check(History history)
    {
        var checker = new HistoryChecker(history);
        checker.CheckSent();
        checker.CheckTransactions();
        checker.CheckInvented();
        checker.CheckCopies();
        foreach (var client in history.Clients) checker.CheckReads(client);
        checker.CheckGroups();
        checker.CheckWatermarks();
        foreach (var client in history.Clients)
        {
            foreach (var fatal in client.Events.Where(IsTheBrokersFault)) checker.Find("fatal", $"{client.Client} could not go on: {fatal.Error}");
        }

        return checker.findings;
    }

    /// <summary>Whether a client gave up for something the broker answered.</summary>
    public static bool IsTheBrokersFault(HistoryEvent what) =>
        what.Kind == HistoryKind.Fatal && what.Error?.Contains(ClientContradictsItself, StringComparison.Ordinal) != true;

    private void Find(string promise, string what) => findings.Add($"{promise}: {what}");

    private void CheckSent()
    {
        foreach (var client in history.Clients.Where(each => each.Role is ClientRole.PlainProducer or ClientRole.IdempotentProducer))
        {
            bool isIdempotent = client.Role == ClientRole.IdempotentProducer;
            var lastPlaces = new Dictionary<(string, int), long>();
            var outcomes = client.Events.Where(each => each.Kind is HistoryKind.Ack or HistoryKind.Failed or HistoryKind.Unknown).ToLookup(each => (each.Topic!, each.Value!));
            foreach (var sent in client.Events.Where(each => each.Kind == HistoryKind.Send))
            {
                var places = everything.Of(sent.Topic!, sent.Value!);
                var outcome = outcomes[(sent.Topic!, sent.Value!)].SingleOrDefault();
                if (outcome?.Kind == HistoryKind.Ack)
                {
                    if (places.Count == 0 || committed.Of(sent.Topic!, sent.Value!).Count == 0) Find("lost", $"{sent.Value} was acknowledged at {outcome.Topic}-{outcome.Partition}@{outcome.Offset} and is not in the log");
                    else if (outcome.Offset is { } offset && !places.Contains((outcome.Partition!.Value, offset))) Find("moved", $"{sent.Value} was acknowledged at {outcome.Partition}@{offset} and is at {string.Join(", ", places)}");
                }

                if (outcome?.Kind == HistoryKind.Failed && places.Count > 0) Find("invented", $"{sent.Value} was reported as not written and is at {string.Join(", ", places)}");
                if (!isIdempotent || places.Count == 0) continue;
                if (places.Count > 1) Find("duplicate", $"{sent.Value} of an idempotent producer is at {string.Join(", ", places)}");
                var partition = (sent.Topic!, places[0].Partition);
                if (lastPlaces.TryGetValue(partition, out long last) && places[0].Offset < last) Find("order", $"{sent.Value} lies before a record that was sent earlier");
                lastPlaces[partition] = places[0].Offset;
            }
        }
    }

    private void CheckTransactions()
    {
        foreach (var (topic, value) in transactions.Values)
        {
            var (certain, possible, aborted) = transactions.CountsOf(topic, value);
            int seen = committed.Of(topic, value).Count;
            if (seen < certain) Find("lost", $"{value} of a committed transaction is not in {topic}");
            if (seen > certain + possible) Find(certain + possible == 0 ? "aborted-read" : "duplicate", $"{value} is {seen} times in {topic}; {certain} of its transactions are committed, {possible} unknown, {aborted} aborted");
        }

        foreach (var transaction in transactions.All.Where(each => each.Outcome == TransactionOutcome.Unknown))
        {
            var own = transaction.Values.Where(value => transactions.CountsOf(transaction.Topic, value) is (0, 1, 0)).ToList();
            int seen = own.Count(value => committed.Of(transaction.Topic, value).Count > 0);
            if (seen != 0 && seen != own.Count) Find("torn", $"of {transaction.Name} {seen} of {own.Count} values are in {transaction.Topic}");
        }
    }

    private void CheckInvented()
    {
        var sent = history.Clients.SelectMany(client => client.Events).Where(each => each.Kind == HistoryKind.Send).Select(each => (each.Topic!, each.Value!)).Concat(transactions.Values).ToHashSet();
        foreach (var (topic, value) in everything.Values.Where(each => !sent.Contains(each))) Find("invented", $"nobody sent {value} to {topic}");
        foreach (var (topic, partition) in committed.Partitions)
        {
            foreach (long offset in committed.Offsets(topic, partition))
            {
                if (committed.At(topic, partition, offset) != everything.At(topic, partition, offset)) Find("changed", $"{topic}-{partition}@{offset} differs between the two final readers");
            }
        }
    }

    private void CheckCopies()
    {
        if (!history.Clients.Any(client => client.Role == ClientRole.Copier)) return;
        foreach (var (topic, value) in committed.Values)
        {
            if (topic == "out" && committed.Of(topic, value).Count > committed.Of("in", value).Count) Find("duplicate", $"{value} was copied more than once");
            if (topic == "in" && committed.Of("out", value).Count < committed.Of("in", value).Count) Find("lost", $"{value} was not copied");
        }
    }

    private void CheckReads(ClientHistory client)
    {
        if (client.Role is not (ClientRole.CommittedReader or ClientRole.UncommittedReader or ClientRole.GroupReader)) return;
        var log = client.Role == ClientRole.UncommittedReader ? everything : committed;
        var positions = new Dictionary<(string, int), long>();
        foreach (var each in client.Events)
        {
            if (each.Kind is HistoryKind.Assigned or HistoryKind.Revoked)
            {
                positions.Remove((each.Topic!, each.Partition!.Value));
                if (each.Kind == HistoryKind.Assigned && client.Role != ClientRole.GroupReader) positions[(each.Topic!, each.Partition!.Value)] = -1;
            }
            else if (each.Kind == HistoryKind.Read)
            {
                var (topic, partition, offset) = (each.Topic!, each.Partition!.Value, each.Offset!.Value);
                string place = $"{topic}-{partition}@{offset}";
                if (log.At(topic, partition, offset) != each.Value)
                {
                    bool isAborted = log == committed && everything.At(topic, partition, offset) == each.Value;
                    Find(isAborted ? "aborted-read" : "changed", $"{client.Client} read {each.Value} at {place}, where the log {(isAborted ? "has it as aborted" : $"has {everything.At(topic, partition, offset) ?? "nothing"}")}");
                }

                if (positions.TryGetValue((topic, partition), out long position))
                {
                    if (offset <= position) Find("offset-back", $"{client.Client} read {place} after {position}");
                    else if (log.Between(topic, partition, position, offset) is { } skipped) Find("skipped", $"{client.Client} read {place} after {position} and never saw {skipped}");
                }

                positions[(topic, partition)] = offset;
            }
        }
    }

    private void CheckGroups()
    {
        var last = new Dictionary<(string, string, int), long>();
        foreach (var seen in history.Clients.Where(client => client.Role == ClientRole.Watcher).SelectMany(client => client.Events).Where(each => each.Kind == HistoryKind.GroupOffset))
        {
            var key = (seen.Group!, seen.Topic!, seen.Partition!.Value);
            if (last.TryGetValue(key, out long before) && seen.Offset < before) Find("group-back", $"the offset of {seen.Group} in {seen.Topic}-{seen.Partition} went from {before} to {seen.Offset}");
            last[key] = seen.Offset!.Value;
        }

        var members = history.Clients.Where(client => client.Role == ClientRole.GroupReader).ToList();
        foreach (var acknowledged in members.SelectMany(client => client.Events).Where(each => each.Kind == HistoryKind.OffsetCommitted))
        {
            if (last.TryGetValue((acknowledged.Group!, acknowledged.Topic!, acknowledged.Partition!.Value), out long end) && end < acknowledged.Offset)
            {
                Find("lost", $"the offset {acknowledged.Offset} that {acknowledged.Group} committed in {acknowledged.Topic}-{acknowledged.Partition} is {end} in the end");
            }
        }

        var read = members.SelectMany(client => client.Events).Where(each => each.Kind == HistoryKind.Read).Select(each => (each.Topic!, each.Partition!.Value, each.Offset!.Value)).ToHashSet();
        foreach (var ((group, topic, partition), end) in last.Where(each => members.Any(client => client.Events.Any(of => of.Group == each.Key.Item1))))
        {
            foreach (long offset in committed.Offsets(topic, partition).Where(offset => offset < end && !read.Contains((topic, partition, offset)))) Find("skipped", $"{group} committed {end} in {topic}-{partition} and never read {offset}");
        }
    }

    private void CheckWatermarks()
    {
        var last = new Dictionary<(string, int), (long Start, long End)>();
        foreach (var seen in history.Clients.Where(client => client.Role == ClientRole.Watcher).SelectMany(client => client.Events).Where(each => each.Kind == HistoryKind.Watermarks))
        {
            var key = (seen.Topic!, seen.Partition!.Value);
            if (last.TryGetValue(key, out var before) && (seen.Offset < before.Start || seen.EndOffset < before.End))
            {
                Find("log-back", $"{seen.Topic}-{seen.Partition} went from {before.Start}..{before.End} to {seen.Offset}..{seen.EndOffset}");
            }

            last[key] = (seen.Offset!.Value, seen.EndOffset!.Value);
        }
    }
}
