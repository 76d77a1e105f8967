using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh topics list</c>.</summary>
internal static class TopicsCommand
{
    public static Command Create()
    {
        var (server, data, token, json) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Json());
        var list = new Command("list", "Topics with their number of records.") { server, data, token, json };
        list.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var topics = (await queries.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Topics;
                if (parsed.GetValue(json)) Printer.Json(topics);
                else Printer.Table(["topic", "records"], topics.Select(topic => (string[])[topic.Key, topic.Value.ToString("N0", CultureInfo.InvariantCulture)]), new HashSet<int> { 1 });
                return ExitCodes.Done;
            }
        });
        return new Command("topics", "The event log's topics.") { list };
    }
}
