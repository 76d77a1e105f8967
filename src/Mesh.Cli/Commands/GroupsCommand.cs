using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.EventLog;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

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
        var to = new Option<string>("--from")
        {
            Description = "Where it reads next: earliest, latest, an offset, -N (the last N of each partition), a time such as 2026-03-01T12:00:00Z, or exact offsets by partition such as 0:17,1:4.",
            HelpName = "WHERE", DefaultValueFactory = _ => "earliest",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the offsets before and after, and change nothing." };
        return LogOptions.Create("reset-offsets", "Let a group without members read a topic from another place.", [name, topic, to, dryRun], async (admin, options, parsed, cancellationToken) =>
        {
            using var topics = new LocalTopics(options, admin, null, null, NullLogger.Instance);
            var plan = await topics.PlanResetAsync(ReadReset(parsed), cancellationToken).ConfigureAwait(false);
            if (!parsed.GetValue(dryRun)) await topics.ResetAsync(plan, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(plan);
            else Print(plan, parsed.GetValue(dryRun));
            return ExitCodes.Done;
        });
    }

    /// <summary>What <c>mesh groups reset-offsets</c> is asked for.</summary>
    internal static OffsetResetRequest ReadReset(ParseResult parsed)
    {
        string to = parsed.GetValue<string>("--from")!;
        try
        {
            LogPlace.Parse(to);
        }
        catch (MeshException exception)
        {
            throw new UsageException($"--from: {exception.Message}");
        }

        return new OffsetResetRequest(parsed.GetValue<string>("GROUP")!, parsed.GetValue<string>("--topic")!, to);
    }

    private static void Print(OffsetPlan plan, bool dryRun)
    {
        Printer.Table(
            ["partition", "before", "after", "first offset", "next offset", "lag"],
            plan.Changes.Select(change => (string[])
            [
                Number(change.Partition), change.Before is { } before ? Number(before) : "none", Number(change.After), Number(change.StartOffset), Number(change.EndOffset), Number(change.EndOffset - change.After),
            ]),
            new HashSet<int> { 0, 1, 2, 3, 4, 5 });
        if (dryRun)
        {
            Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Would let {plan.Request.Group} read {plan.Again:N0} records again and {plan.Skipped:N0} not at all. Nothing has been changed."));
            if (plan.Members.Count > 0) Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"It has {plan.Members.Count:N0} members; offsets can be set only while there are none."));
        }
    }

    private static Argument<string> GroupArgument() => new("GROUP") { Description = "Name of the group." };

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
