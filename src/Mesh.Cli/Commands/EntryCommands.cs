using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mesh.Cli.Output;
using Mesh.Commands;
using Mesh.Commands.Queries;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary>The commands <c>list</c> and <c>show</c> of things that are kept as one record each: jobs and models.</summary>
internal static class EntryCommands
{
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is about.</param>
    /// <param name="key">Property that `show` looks for.</param>
    /// <param name="columns">Properties shown in the list.</param>
    /// <param name="read">Reads the entries, newest first.</param>
    /// <param name="whenEmpty">Said when there are none.</param>
    public static Command Create(
        string name, string description, string key, IReadOnlyList<string> columns,
        Func<IMeshQueries, CancellationToken, Task<IReadOnlyList<JsonElement>>> read, string whenEmpty) =>
        new(name, description) { List(columns, read, whenEmpty), Show(name, key, read) };

    private static Command List(
        IReadOnlyList<string> columns, Func<IMeshQueries, CancellationToken, Task<IReadOnlyList<JsonElement>>> read, string whenEmpty)
    {
        var (server, data, token, json) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Json());
        var command = new Command("list", "Newest first.") { server, data, token, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var entries = await read(queries, cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(json)) Printer.Json(entries);
                else if (entries.Count == 0) Console.Out.WriteLine(whenEmpty);
                else Printer.Table([.. columns.Select(column => column.Replace('_', ' '))], entries.Select(entry => (string[])[.. columns.Select(column => Cell(entry, column))]));
                return ExitCodes.Done;
            }
        });
        return command;
    }

    private static Command Show(string name, string key, Func<IMeshQueries, CancellationToken, Task<IReadOnlyList<JsonElement>>> read)
    {
        var id = new Argument<string>("ID") { Description = $"The {key.Replace('_', ' ')}, or the beginning of it; the newest that fits is shown." };
        var (server, data, token, json) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Json());
        var command = new Command("show", "Everything about one, as JSON.") { id, server, data, token, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var entries = await read(queries, cancellationToken).ConfigureAwait(false);
                var entry = entries.FirstOrDefault(candidate => Cell(candidate, key).StartsWith(parsed.GetValue(id)!, StringComparison.Ordinal));
                if (entry.ValueKind == JsonValueKind.Undefined)
                {
                    throw new MeshException("MESH11036", $"`mesh {name} list` shows no '{parsed.GetValue(id)}'.");
                }

                Console.Out.WriteLine(JsonSerializer.Serialize(entry, parsed.GetValue(json) ? MeshJson.Options : MeshJson.Indented));
                return ExitCodes.Done;
            }
        });
        return command;
    }

    private static string Cell(JsonElement entry, string property)
    {
        if (!entry.TryGetProperty(property, out var value)) return "";
        return value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String when value.TryGetDateTimeOffset(out var time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Object => string.Join(", ", value.EnumerateObject().Where(pair => pair.Value.ValueKind == JsonValueKind.Number)
                .Select(pair => $"{pair.Name} {pair.Value.GetDouble().ToString("0.###", CultureInfo.InvariantCulture)}")),
            _ => value.ToString(),
        };
    }
}
