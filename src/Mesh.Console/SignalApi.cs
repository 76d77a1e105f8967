using System.Globalization;
using System.Security.Cryptography;
using Mesh.Commands.Signals;
using Mesh.Console.Api;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Mesh.Console;

/// <summary>Maps the signals of recordings under <c>/api/v1/recordings/{id}/signals</c>.</summary>
public static class SignalApi
{
    private static readonly ApiParameter[] Window =
    [
        new("ch", "string", "Names of signals, separated by commas.", []),
        new("from", "number", "Begin of the window, in seconds since the recording's start.", []), new("to", "number", "Its end.", []),
    ];

    private const string ParquetType = "application/vnd.apache.parquet";

    /// <summary>Maps the endpoints onto <paramref name="signals"/>.</summary>
    public static void MapSignalApi(this IEndpointRouteBuilder endpoints, ISignals signals)
    {
        var api = endpoints.MapJsonGroup("/api/v1/recordings/{id}/signals");
        api.MapGet("", async (string id, CancellationToken token) =>
            await signals.ListAsync(id, token).ConfigureAwait(false) is { } list ? Results.Json(list, SignalWire.Json) : Results.NotFound())
            .AnswersWith("application/json", "Signals of a recording: numbers, flags and texts of its messages over time. Names are in camelCase; docs/signals has them.");
        api.MapGet("/data", async (string id, int? cols, HttpContext context) =>
        {
            var query = QueryOf(context) with { Columns = cols ?? 1200 };
            if (await signals.QueryAsync(id, query, context.RequestAborted).ConfigureAwait(false) is not { } window) return Results.NotFound();
            byte[] bytes = SignalWire.Write(window);

            // What is being built changes by itself; everything else is the same until its table's files are.
            bool isFinal = window.Series.All(series => series is not SignalAbsence);
            context.Response.Headers.CacheControl = isFinal ? "private, no-cache" : "no-store";
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
            return Results.Bytes(bytes, "application/octet-stream", entityTag: isFinal ? tag : null);
        })
            .AnswersWith("application/octet-stream", "What signals were in a window, as first, least, greatest and last value of each column; docs/signals has the layout.").Reads(Window);
        api.MapGet("/statistics", async (string id, HttpContext context) =>
            await signals.MeasureAsync(id, QueryOf(context), context.RequestAborted).ConfigureAwait(false) is { } measured ? Results.Json(measured, SignalWire.Json) : Results.NotFound())
            .AnswersWith("application/json", "Least, greatest, mean and number of values of signals in a window.").Reads(Window);
        api.MapGet("/export", async (string id, string? format, HttpContext context) =>
        {
            var form = format switch
            {
                null or "" or "csv" => SignalExport.Csv,
                "parquet" => SignalExport.Parquet,
                _ => throw new MeshException("MESH13101", $"'{format}' is no format of an export: csv or parquet."),
            };
            if (await signals.ExportAsync(id, QueryOf(context), form, context.RequestAborted).ConfigureAwait(false) is not { } write) return Results.NotFound();
            string extension = form == SignalExport.Csv ? "csv" : "parquet";
            return Results.Stream(
                stream => write(stream, context.RequestAborted), form == SignalExport.Csv ? "text/csv; charset=utf-8" : ParquetType, $"{FileNameOf(id)}-signals.{extension}");
        })
            .AnswersWith("text/csv", "The very values of signals in a window, as CSV or Parquet.").Reads(Window);
    }

    private static SignalQuery QueryOf(HttpContext context) => new()
    {
        Names = SignalName.Split(context.Request.Query["ch"]),
        From = Seconds(context, "from"),
        To = Seconds(context, "to"),
    };

    private static double? Seconds(HttpContext context, string name)
    {
        string? text = context.Request.Query[name];
        if (string.IsNullOrEmpty(text)) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds)
            ? seconds
            : throw new MeshException("MESH13101", $"`{name}` is '{text}', but should be seconds since the recording's start, such as 12.5.");
    }

    // The id came with the request: only what an ingest id can have goes into a header.
    private static string FileNameOf(string id) => string.Concat(id.Where(char.IsAsciiHexDigitLower).Take(12)) is { Length: > 0 } name ? name : "recording";
}
