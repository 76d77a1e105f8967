using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh topics list</c>.</summary>
internal static class TopicsCommand
{
    public static Command Create() => new("topics", "The event log's topics.")
    {
        QueryCommand.Create("list", "Topics with their number of records.", [], async (queries, parsed, cancellationToken) =>
        {
            var topics = (await queries.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Topics;
            if (QueryCommand.WantsJson(parsed)) Printer.Json(topics);
            else Printer.Table(["topic", "records"], topics.Select(topic => (string[])[topic.Key, topic.Value.ToString("N0", CultureInfo.InvariantCulture)]), new HashSet<int> { 1 });
            return ExitCodes.Done;
        }),
    };
}
