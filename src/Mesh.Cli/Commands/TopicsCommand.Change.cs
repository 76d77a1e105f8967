using System.CommandLine;
using Mesh.Cli.Output;

namespace Mesh.Cli.Commands;

/// <summary>Creating, changing and deleting.</summary>
internal static partial class TopicsCommand
{
    private static Command Make()
    {
        var name = TopicArgument();
        var partitions = new Option<int?>("--partitions") { Description = "Partitions (default: the cluster's).", HelpName = "N" };
        var replicas = new Option<short?>("--replication") { Description = "Replicas of each partition (default: kafka.replication, then the cluster's).", HelpName = "N" };
        var set = SetOption();
        return LogOptions.Create("create", "Create a topic.", [name, partitions, replicas, set], async (admin, _, parsed, cancellationToken) =>
        {
            string topic = parsed.GetValue(name)!;
            if (parsed.GetValue(partitions) is <= 0) throw new UsageException("--partitions is a number from 1 on.");
            if (parsed.GetValue(replicas) is <= 0) throw new UsageException("--replication is a number from 1 on.");
            await admin.CreateAsync(topic, parsed.GetValue(partitions), parsed.GetValue(replicas), Pairs(parsed.GetValue(set)!), cancellationToken).ConfigureAwait(false);
            return Report(parsed, topic, "created");
        });
    }

    private static Command Alter()
    {
        var name = TopicArgument();
        var set = SetOption();
        var unset = new Option<string[]>("--unset") { Description = "A setting that has its default again; may be repeated.", HelpName = "KEY", DefaultValueFactory = _ => [] };
        var partitions = new Option<int?>("--partitions") { Description = "More partitions; keys then go to others than before.", HelpName = "N" };
        return LogOptions.Create("alter", "Change a topic's settings, or give it more partitions.", [name, set, unset, partitions], async (admin, _, parsed, cancellationToken) =>
        {
            string topic = parsed.GetValue(name)!;
            var pairs = Pairs(parsed.GetValue(set)!);
            string[] removed = parsed.GetValue(unset)!;
            if (pairs.Count == 0 && removed.Length == 0 && parsed.GetValue(partitions) is null) throw new UsageException("Nothing to change: give --set KEY=VALUE, --unset KEY or --partitions N.");
            if (removed.FirstOrDefault(pairs.ContainsKey) is { } both) throw new UsageException($"--set and --unset both name {both}.");
            if (pairs.Count > 0 || removed.Length > 0) await admin.AlterAsync(topic, pairs, removed, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(partitions) is { } total) await admin.AddPartitionsAsync(topic, total, cancellationToken).ConfigureAwait(false);
            return Report(parsed, topic, "altered");
        });
    }

    private static Command Delete()
    {
        var name = TopicArgument();
        return LogOptions.Create("delete", "Delete a topic with everything in it.", [name], async (admin, _, parsed, cancellationToken) =>
        {
            await admin.DeleteAsync(parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            return Report(parsed, parsed.GetValue(name)!, "deleted");
        });
    }

    private static Option<string[]> SetOption() =>
        new("--set") { Description = "A setting by Kafka's name, such as retention.ms=3600000; may be repeated.", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };

    private static Dictionary<string, string> Pairs(string[] texts)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new UsageException($"'{text}' is no setting: expected KEY=VALUE.");
            pairs[text[..equals]] = text[(equals + 1)..];
        }

        return pairs;
    }

    private static int Report(ParseResult parsed, string topic, string result)
    {
        if (QueryCommand.WantsJson(parsed)) Printer.Json(new { Topic = topic, Result = result });
        else Terminal.Out.WriteLine($"{topic}: {result}");
        return ExitCodes.Done;
    }
}
