using System.Diagnostics;
using System.Globalization;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Trigger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Benchmarks;

/// <summary>
/// What a snapshot costs the trigger stage with many rules: <c>triggers N</c> spreads N rules over N/10 tables, then puts all of them on one table.
/// State is a SQLite file, as of a server; amounts come from events, so no file is read.
/// </summary>
internal static class TriggerRuns
{
    private const int RulesPerTable = 10;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(string[] args)
    {
        int rules = args is [var text, ..] && int.TryParse(text, CultureInfo.InvariantCulture, out int count) ? count : 10_000;
        await MeasureAsync($"{rules:N0} rules on {rules / RulesPerTable:N0} tables", rules, rules / RulesPerTable).ConfigureAwait(false);
        await MeasureAsync($"{rules:N0} rules on one table", rules, 1).ConfigureAwait(false);
        return 0;
    }

    private static async Task MeasureAsync(string title, int ruleCount, int tables)
    {
        string folder = Directory.CreateTempSubdirectory("mesh-triggers-").FullName;
        try
        {
            using var database = MetadataDatabase.Open(Path.Combine(folder, "mesh.db"));
            TriggerRule[] rules = [.. Enumerable.Range(0, ruleCount).Select(i => Rule(i, i % tables))];
            var evaluator = new TriggerEvaluator(database, () => rules, product => new TableIdentifier("raw", product), NullLogger.Instance, TimeProvider.System);
            System.Console.WriteLine(title);
            await TimeAsync("  first look at all rules", () => evaluator.FireDueAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);

            var latencies = new List<double>();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 1000 && Stopwatch.GetElapsedTime(start) < Longest; i++)
            {
                long before = Stopwatch.GetTimestamp();
                await evaluator.ApplyAsync(Snapshot(i % tables, (i / tables) + 1), CancellationToken.None).ConfigureAwait(false);
                latencies.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }

            latencies.Sort();
            System.Console.WriteLine(FormattableString.Invariant(
                $"  a snapshot              median {latencies[latencies.Count / 2]:0.0} ms, 99th {latencies[latencies.Count * 99 / 100]:0.0} ms, of {latencies.Count}"));
            await TimeAsync("  what is due, again", () => evaluator.FireDueAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);
            await TimeAsync("  list of all rules", () => evaluator.ListAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task TimeAsync(string name, Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work().ConfigureAwait(false);
        System.Console.WriteLine(FormattableString.Invariant($"{name,-25} {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms"));
    }

    private static TriggerRule Rule(int number, int table) => new()
    {
        Name = $"rule-{number}",
        Inputs = [new TriggerInput { Product = $"t{table}", When = new AnyCondition([new NewRowsCondition(5_000 + number), new NewDurationCondition(TimeSpan.FromHours(1))]) }],
        Cooldown = TimeSpan.FromMinutes(10),
        Job = new TriggerJob { Trainer = "builtin/manoeuvre", Model = "m" },
    };

    private static SnapshotCommitted Snapshot(int table, long sequence) => new()
    {
        Table = $"raw.t{table}", SnapshotId = 1000 + sequence, ParentSnapshotId = sequence == 1 ? 0 : 999 + sequence, SequenceNumber = sequence, AddedRows = 1000,
        TotalRows = 1000 * sequence, AddedDurationUs = 60_000_000, Operation = "append",
    };
}
