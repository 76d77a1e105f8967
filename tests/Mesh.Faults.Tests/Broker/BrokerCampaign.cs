using System.Diagnostics;
using System.Globalization;
using Mesh.BrokerWorkload;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Broker;

/// <summary>Clients at work on a broker, and the faults that befall both, in an order that the seed decides.</summary>
internal sealed class BrokerCampaign(string folder, string flush, int seed) : IDisposable
{
    private static readonly (ClientRole Role, string Key, string[] Arguments)[] Cast =
    [
        (ClientRole.PlainProducer, "plain", ["produce", "plain"]),
        (ClientRole.IdempotentProducer, "idem-a", ["produce", "idempotent"]),
        (ClientRole.IdempotentProducer, "idem-b", ["produce", "idempotent"]),
        (ClientRole.TransactionalProducer, "txn-a", ["transact"]),
        (ClientRole.TransactionalProducer, "txn-b", ["transact"]),
        (ClientRole.Copier, "copy-a", ["copy"]),
        (ClientRole.Copier, "copy-b", ["copy"]),
        (ClientRole.CommittedReader, "committed", ["consume", "read_committed"]),
        (ClientRole.UncommittedReader, "uncommitted", ["consume", "read_uncommitted"]),
        (ClientRole.GroupReader, "group-a", ["group"]),
        (ClientRole.GroupReader, "group-b", ["group"]),
        (ClientRole.Watcher, "watch", ["watch"]),
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random random = new(seed);
    private readonly List<(ClientRole Role, WorkloadProcess Process)> everybody = [];
    private readonly Dictionary<string, WorkloadProcess> current = [];
    private readonly Dictionary<string, int> generations = [];
    private readonly SortedDictionary<string, int> faults = new(StringComparer.Ordinal);
    private readonly List<WorkloadProcess> brokers = [];
    private string bootstrap = "127.0.0.1:0";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private WorkloadProcess Broker => brokers[^1];

    /// <summary>Runs for a time, lets everybody finish, reads the log through and reports.</summary>
    public async Task<HistoryReport> RunAsync(TimeSpan length)
    {
        await StartBrokerAsync();
        bootstrap = Broker.Lines.First(line => line.StartsWith("kafka", StringComparison.Ordinal)).Split(' ')[^1];
        await RunStepAsync("setup");
        foreach (var (_, key, _) in Cast) StartClient(key);
        foreach (var client in current.Values) await client.SaysAsync("ready", Patience);

        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < length)
        {
            await Task.Delay(random.Next(200, 1_200), Stop);
            await StrikeAsync();
        }

        await FinishAsync();
        return HistoryReport.Of(await HistoryAsync(), seed, clock.Elapsed, faults);
    }

    /// <summary>Keeps the journals for whoever has to find out.</summary>
    public void Save(string to)
    {
        Directory.CreateDirectory(to);
        foreach (var (_, process) in everybody) File.WriteAllText(Path.Combine(to, process.Name + ".jsonl"), string.Join('\n', process.Lines) + "\n" + process.Errors);
        foreach (var broker in brokers) File.WriteAllText(Path.Combine(to, broker.Name + ".log"), string.Join('\n', broker.Lines) + "\n" + broker.Errors);
    }

    public void Dispose()
    {
        foreach (var (_, process) in everybody) process.Dispose();
        foreach (var broker in brokers) broker.Dispose();
    }

    private async Task StrikeAsync()
    {
        switch (random.Next(10))
        {
            case 0 or 1:
                Count("broker-killed");
                await Broker.KillAsync();
                await Task.Delay(random.Next(700), Stop);
                await StartBrokerAsync();
                break;
            case 2:
                Count("broker-restarted");
                await Broker.FinishAsync();
                Broker.ExitCode.ShouldBe(0, Broker.Errors);
                await StartBrokerAsync();
                break;
            case 3 or 4:
                Count("broker-paused");
                Broker.Signal("STOP");
                await Task.Delay(random.Next(100, 3_500), Stop);
                Broker.Signal("CONT");
                break;
            case 5 or 6:
                Count("client-killed");
                string killed = AnyClient();
                await current[killed].KillAsync();
                StartClient(killed);
                break;
            case 7:
                Count("client-paused");
                string paused = AnyClient();
                current[paused].Signal("STOP");
                await Task.Delay(random.Next(100, 4_000), Stop);
                current[paused].Signal("CONT");
                break;
            default:
                // Somebody believes a producer dead and starts another in its place; then it wakes up.
                Count("producer-usurped");
                string usurped = Transactional()[random.Next(Transactional().Count)];
                var old = current[usurped];
                old.Signal("STOP");
                await StartClient(usurped).SaysAsync("ready", Patience);
                old.Signal("CONT");
                break;
        }

        // Whoever was overtaken ends by itself; everybody else goes on or is replaced, and a reason that is no reason is found by the checker.
        foreach (var (key, client) in current.ToList())
        {
            if (client.HasExited) StartClient(key);
        }
    }

    private async Task FinishAsync()
    {
        foreach (var role in new[] { ClientRole.PlainProducer, ClientRole.IdempotentProducer, ClientRole.TransactionalProducer }) await FinishAsync(role);
        var mark = await RunStepAsync("mark");
        everybody.Add((ClientRole.PlainProducer, mark));
        var marks = mark.Events().Where(each => each.Kind == HistoryKind.Ack).ToDictionary(each => each.Partition!.Value, each => each.Offset!.Value);
        var watcher = current["watch"];
        var waited = Stopwatch.StartNew();
        while (!IsCaughtUp(watcher, "readers", marks) || !IsCaughtUp(watcher, "copiers", marks))
        {
            Assert.True(waited.Elapsed < Patience, $"seed {seed}: the groups did not come to the end of the log ({string.Join(", ", marks)}) within {Patience}; last seen: {string.Join("\n", watcher.Lines.TakeLast(20))}");
            foreach (string key in new[] { "copy-a", "copy-b", "group-a", "group-b" }.Where(key => current[key].HasExited)) StartClient(key);
            await Task.Delay(200, Stop);
        }

        foreach (var role in new[] { ClientRole.Copier, ClientRole.GroupReader, ClientRole.CommittedReader, ClientRole.UncommittedReader, ClientRole.Watcher }) await FinishAsync(role);
        foreach (var (_, client) in everybody.Where(each => !each.Process.HasExited)) await client.FinishAsync();
    }

    private async Task<History> HistoryAsync()
    {
        // What is acknowledged is there after one more death, too.
        await Broker.KillAsync();
        await StartBrokerAsync();
        var committed = await RunStepAsync("read", "read_committed");
        var everything = await RunStepAsync("read", "read_uncommitted");
        everything.Events().Count(each => each.Kind == HistoryKind.End).ShouldBe(6);
        committed.Events().Count(each => each.Kind == HistoryKind.End).ShouldBe(6, $"seed {seed}: a transaction holds the last stable offset back for ever");
        var clients = everybody.Select(each => new ClientHistory(each.Process.Name, each.Role, each.Process.Events())).ToList();
        return new History(clients, committed.Events(), everything.Events());
    }

    private async Task FinishAsync(ClientRole role)
    {
        foreach (var (_, client) in everybody.Where(each => each.Role == role)) await client.FinishAsync();
    }

    private static bool IsCaughtUp(WorkloadProcess watcher, string group, Dictionary<int, long> marks)
    {
        var seen = watcher.Events().Where(each => each.Kind == HistoryKind.GroupOffset && each.Group == group).GroupBy(each => each.Partition!.Value).ToDictionary(of => of.Key, of => of.Last().Offset!.Value);
        return marks.All(mark => seen.GetValueOrDefault(mark.Key) > mark.Value);
    }

    private string AnyClient()
    {
        var keys = current.Keys.Where(key => key != "watch").Order(StringComparer.Ordinal).ToList();
        return keys[random.Next(keys.Count)];
    }

    private static List<string> Transactional() => [.. Cast.Where(each => each.Role is ClientRole.TransactionalProducer or ClientRole.Copier).Select(each => each.Key)];

    private void Count(string fault) => faults[fault] = faults.GetValueOrDefault(fault) + 1;

    private WorkloadProcess StartClient(string key)
    {
        var (role, _, arguments) = Cast.Single(each => each.Key == key);
        int generation = generations[key] = generations.GetValueOrDefault(key) + 1;
        string name = $"{key}.{generation}";
        string[] all = role switch
        {
            ClientRole.PlainProducer or ClientRole.IdempotentProducer => [arguments[0], bootstrap, name, arguments[1]],
            ClientRole.TransactionalProducer or ClientRole.Copier => [arguments[0], bootstrap, name, key],
            _ => [arguments[0], bootstrap, .. arguments.Skip(1)],
        };
        var process = WorkloadProcess.Start(name, all);
        everybody.Add((role, process));
        current[key] = process;
        return process;
    }

    private async Task<WorkloadProcess> RunStepAsync(string step, params string[] arguments)
    {
        var process = WorkloadProcess.Start(step + string.Concat(arguments), [step, bootstrap, .. arguments]);
        await process.EndAsync();
        process.ExitCode.ShouldBe(0, $"seed {seed}: {step} failed: {process.Errors}{string.Join('\n', process.Lines.TakeLast(3))}");
        return process;
    }

    private async Task StartBrokerAsync()
    {
        string port = bootstrap.Split(':')[^1];
        brokers.Add(WorkloadProcess.Start($"broker.{(brokers.Count + 1).ToString(CultureInfo.InvariantCulture)}", "broker", folder, port, flush));
        await Broker.SaysAsync("kafka", Patience);
    }
}
