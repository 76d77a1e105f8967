using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Cli.Output;
using Mesh.Kafka;

namespace Mesh.Cli.Commands;

/// <summary>Reading a topic's records.</summary>
internal static partial class TopicsCommand
{
    private static Command Tail()
    {
        var name = TopicArgument();
        var from = FromOption("-10");
        var max = new Option<long?>("--max") { Description = "Most records.", HelpName = "N" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes, until Ctrl-C." };
        return LogOptions.Create("tail", "A topic's records: place, time, key, headers and value, events decoded.", [name, from, max, follow], async (admin, options, parsed, cancellationToken) =>
        {
            var start = StartOf(parsed.GetValue(from)!);
            long left = parsed.GetValue(max) ?? long.MaxValue;
            if (left <= 0) throw new UsageException("--max is a number from 1 on.");
            using var decoder = new EventDecoder(options);
            try
            {
                await foreach (var record in admin.TailAsync(parsed.GetValue(name)!, start, parsed.GetValue(follow), cancellationToken).ConfigureAwait(false))
                {
                    var text = await decoder.DecodeAsync(record, cancellationToken).ConfigureAwait(false);
                    if (QueryCommand.WantsJson(parsed)) Printer.Json(JsonOf(record, text));
                    else Print(record, text);
                    if (--left == 0) break;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Ctrl-C is how following ends.
            }

            return ExitCodes.Done;
        });
    }

    internal static Option<string> FromOption(string byDefault) => new("--from")
    {
        Description = "Where to begin: earliest, latest, an offset, -N (the last N of each partition), or a time such as 2026-03-01T12:00:00Z.",
        HelpName = "WHERE", DefaultValueFactory = _ => byDefault,
    };

    internal static TailStart StartOf(string text) => text switch
    {
        "earliest" => TailStart.Earliest,
        "latest" => TailStart.Latest,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number < 0 ? TailStart.Before(-number) : TailStart.At(number),
        _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => TailStart.Since(time),
        _ => throw new UsageException($"--from is earliest, latest, an offset, -N or a time, not '{text}'."),
    };

    private static void Print(LogRecord record, RecordText text)
    {
        string time = record.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string key = KeyText(record) is { } keyText ? Printer.OneLine(keyText) : "(no key)";
        Terminal.Out.WriteLine($"{record.Position.Partition}:{record.Position.Offset}  {time}  {key}{(text.Type is null ? "" : "  " + text.Type)}");
        foreach (var (header, value) in record.Headers) Terminal.Out.WriteLine("    " + Printer.OneLine($"{header}: {HeaderText(value)}", int.MaxValue));
        string line = text.Form switch
        {
            RecordForm.Null => "(no value)",
            RecordForm.Hex => $"(bytes) {text.Text}",
            _ => text.Text,
        };
        Terminal.Out.WriteLine("    " + Printer.OneLine(line, int.MaxValue));
    }

    private static JsonObject JsonOf(LogRecord record, RecordText text)
    {
        var headers = new JsonArray();
        foreach (var (header, value) in record.Headers) headers.Add(new JsonObject { ["name"] = header, ["value"] = HeaderText(value) });
        var json = new JsonObject
        {
            ["topic"] = record.Position.Topic,
            ["partition"] = record.Position.Partition,
            ["offset"] = record.Position.Offset,
            ["time"] = record.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["key"] = KeyText(record),
            ["headers"] = headers,
            ["form"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(text.Form.ToString()),
            ["type"] = text.Type,
        };
        json["value"] = text.Form switch
        {
            RecordForm.Null => null,
            RecordForm.Event or RecordForm.Json => JsonNode.Parse(text.Text),
            _ => JsonValue.Create(text.Text),
        };
        return json;
    }

    private static string? KeyText(LogRecord record) => record.Key is { } key ? EventDecoder.TextOf(key) ?? Convert.ToHexStringLower(key) : null;

    private static string HeaderText(byte[] value) => EventDecoder.TextOf(value) ?? Convert.ToHexStringLower(value);
}
