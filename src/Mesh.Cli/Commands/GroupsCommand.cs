using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh groups list|describe|reset-offsets</c>.</summary>
internal static class GroupsCommand
{
    public static Command Create() => new("groups", "Consumer groups of the event log: who reads what, and how far.") { List(), Describe(), Reset() };

    /// <summary>How far groups are, as a table.</summary>
    public static void PrintLags(IReadOnlyList<GroupLag> lags) => Printer.Table(
        ["group", "topic", "partition", "next offset", "lag"],
        lags.Select(lag => (string[])[lag.Group, lag.Topic, Number(lag.Partition), Number(lag.CommittedOffset), Number(lag.Lag)]),
        new HashSet<int> { 2, 3, 4 });

    private static Command List() => LogOptions.Create("list", "Consumer groups.", [], async (admin, _, parsed, cancellationToken) =>
    {
        var groups = await admin.ListGroupsAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(groups);
        else if (groups.Count == 0) Terminal.Out.WriteLine("No groups.");
        else Printer.Table(["group", "state", "members"], groups.Select(group => (string[])[group.Name, group.State, Number(group.Members)]), new HashSet<int> { 2 });
        return ExitCodes.Done;
    });

    private static Command Describe()
    {
        var name = GroupArgument();
        return LogOptions.Create("describe", "How far a group is in every partition.", [name], async (admin, _, parsed, cancellationToken) =>
        {
            string group = parsed.GetValue(name)!;
            var lags = await admin.DescribeGroupAsync(group, cancellationToken).ConfigureAwait(false);
            if (lags.Count == 0) throw new MeshException("MESH11072", $"Group '{group}' has committed nothing. `mesh groups list` shows the groups.");
            if (QueryCommand.WantsJson(parsed)) Printer.Json(lags);
            else PrintLags(lags);
            return ExitCodes.Done;
        });
    }

    private static Command Reset()
    {
        var name = GroupArgument();
        var topic = new Option<string>("--topic") { Description = "Topic.", HelpName = "TOPIC", Required = true };
        var to = TopicsCommand.FromOption("earliest");
        return LogOptions.Create("reset-offsets", "Let a group without members read a topic from another place.", [name, topic, to], async (admin, _, parsed, cancellationToken) =>
        {
            var lags = await admin.ResetOffsetsAsync(parsed.GetValue(name)!, parsed.GetValue(topic)!, TopicsCommand.StartOf(parsed.GetValue(to)!), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(lags);
            else PrintLags(lags);
            return ExitCodes.Done;
        });
    }

    private static Argument<string> GroupArgument() => new("GROUP") { Description = "Name of the group." };

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
