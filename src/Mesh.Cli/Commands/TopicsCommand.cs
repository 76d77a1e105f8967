using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh topics list|describe|tail|create|alter|delete</c>.</summary>
internal static partial class TopicsCommand
{
    public static Command Create() => new("topics", "Topics of the event log, Mesh's own or a Kafka cluster's.") { List(), Describe(), Tail(), Make(), Alter(), Delete() };

    private static Command List() => LogOptions.Create("list", "Topics with their partitions and records.", [], async (admin, _, parsed, cancellationToken) =>
    {
        var topics = await admin.SummariseAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(topics);
        else if (topics.Count == 0) Terminal.Out.WriteLine("No topics.");
        else
        {
            Printer.Table(
                ["topic", "partitions", "replicas", "records"],
                topics.Select(topic => (string[])[topic.Name, Number(topic.Partitions), Number(topic.Replicas), Number(topic.Records)]),
                new HashSet<int> { 1, 2, 3 });
        }

        return ExitCodes.Done;
    });

    private static Command Describe()
    {
        var name = TopicArgument();
        return LogOptions.Create("describe", "A topic's partitions, its own settings, and the groups that read it.", [name], async (admin, _, parsed, cancellationToken) =>
        {
            var topic = await admin.DescribeAsync(parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed))
            {
                Printer.Json(topic);
                return ExitCodes.Done;
            }

            Printer.Table(
                ["partition", "leader", "replicas", "in sync", "first offset", "next offset", "records"],
                topic.Partitions.Select(partition => (string[])
                [
                    Number(partition.Partition), partition.Leader.ToString(CultureInfo.InvariantCulture), string.Join(',', partition.Replicas), string.Join(',', partition.InSync),
                    Number(partition.StartOffset), Number(partition.EndOffset), Number(partition.EndOffset - partition.StartOffset),
                ]),
                new HashSet<int> { 0, 1, 4, 5, 6 });
            if (topic.Settings.Count == 0) Terminal.Out.WriteLine("All settings are at their defaults.");
            else Printer.Table(["setting", "value"], topic.Settings.Select(setting => (string[])[setting.Key, setting.Value]));
            if (topic.Groups.Count > 0) GroupsCommand.PrintLags(topic.Groups);
            return ExitCodes.Done;
        });
    }

    private static Argument<string> TopicArgument() => new("TOPIC") { Description = "Name of the topic." };

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
