using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh status</c>: what runs, and what is under way.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        return QueryCommand.Create("status", "What runs, where it listens, and what is under way.", [], async (queries, parsed, cancellationToken) =>
        {
            var status = await queries.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed))
            {
                Printer.Json(status);
                return ExitCodes.Done;
            }

            Printer.Facts(
            [
                ("mesh", status.Running ? $"{status.Version}, running since {status.StartedAt?.ToString("u", CultureInfo.InvariantCulture)}" : $"{status.Version}, not running"),
                ("data", status.DataDir),
                ("http", status.Http),
                ("kafka", status.Kafka),
                ("schema registry", status.SchemaRegistry),
                ("topology", status.Topology),
                ("recordings", string.Join(", ", status.Recordings.Select(pair => $"{pair.Value:N0} {pair.Key}"))),
                ("free disk", ByteSizeText.Format(status.FreeDiskBytes)),
            ]);
            if (status.Stages.Count > 0)
            {
                Printer.Table(
                    ["stage", "state", "restarts", "last error"],
                    status.Stages.Select(stage => (string[])[stage.Name, stage.State, stage.Restarts.ToString(CultureInfo.InvariantCulture), stage.LastError ?? ""]),
                    new HashSet<int> { 2 });
            }

            if (status.Health is { } health)
            {
                Printer.Table(
                    ["health", "", "finding", "remedy"],
                    health.Checks.Select(check => (string[])[check.Name, check.State.ToString().ToLowerInvariant(), check.Reason, check.Remedy ?? ""]));
            }

            return ExitCodes.Done;
        });
    }
}
