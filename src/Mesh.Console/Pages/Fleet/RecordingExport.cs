using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Commands;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Console.Hosting;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console.Pages.Fleet;

/// <summary><c>GET /recordings/export.csv</c> and <c>.json</c>: what the list's filter finds, page by page through the same query, so memory does not grow.</summary>
internal sealed class RecordingExport(ConsoleServices services)
{
    /// <summary>Rows that are written at most; the rest is a matter for narrower filters.</summary>
    private const int MaxRows = 100_000;

    private const string Columns = "ingest_id,vehicle_id,session,file_name,size_bytes,state,reason,accepted_at,committed_at,started_at,duration_seconds,messages_in,rows_out,frames_out,dead_letters,not_selected,losses,duplicates";

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/recordings/export.csv", context => WriteAsync(context, "text/csv; charset=utf-8", "recordings.csv", Columns + "\r\n", "", "", Csv));
        endpoints.MapGet("/recordings/export.json", context => WriteAsync(context, "application/json; charset=utf-8", "recordings.json", "[", ",\n", "]\n", row => JsonSerializer.Serialize(row, MeshJson.Options)));
    }

    private async Task WriteAsync(HttpContext context, string type, string fileName, string begin, string between, string end, Func<RecordingRow, string> write)
    {
        try
        {
            var query = ListQueries.Recordings(new ListParameters(name => context.Request.Query[name])) with { Page = 1, PageSize = RecordingQuery.MaxPageSize };
            var page = await services.Queries.ListRecordingsAsync(query, context.RequestAborted).ConfigureAwait(false);
            context.Response.ContentType = type;
            context.Response.Headers.ContentDisposition = $"attachment; filename={fileName}";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await context.Response.WriteAsync(begin, context.RequestAborted).ConfigureAwait(false);
            for (int written = 0; ;)
            {
                var text = new StringBuilder();
                foreach (var row in page.Items) text.Append(written++ == 0 ? "" : between).Append(write(row));
                await context.Response.WriteAsync(text.ToString(), context.RequestAborted).ConfigureAwait(false);
                if (page.Items.Count < page.Size || written >= MaxRows) break;
                query = query with { Page = query.Page + 1 };
                page = await services.Queries.ListRecordingsAsync(query, context.RequestAborted).ConfigureAwait(false);
            }

            await context.Response.WriteAsync(end, context.RequestAborted).ConfigureAwait(false);
        }
        catch (MeshException exception) when (!context.Response.HasStarted)
        {
            await JsonApi.Refuse(exception).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (MeshException)
        {
            // Half a file must not look whole.
            context.Abort();
        }
    }

    private static string Csv(RecordingRow row) => string.Join(',', new[]
    {
        row.IngestId, row.VehicleId, row.Session, row.FileName, Number(row.SizeBytes), row.State, row.Reason, Time(row.AcceptedAt), Time(row.CommittedAt), Time(row.StartedAt),
        row.DurationSeconds?.ToString("R", CultureInfo.InvariantCulture), Number(row.MessagesIn), Number(row.RowsOut), Number(row.FramesOut), Number(row.DeadLetters), Number(row.NotSelected),
        Number(row.Losses), Number(row.Duplicates),
    }.Select(Field)) + "\r\n";

    /// <summary>A field as RFC 4180 has it; one that a spreadsheet would run as a formula is kept from that.</summary>
    private static string Field(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (text[0] is '=' or '+' or '@' || (text[0] == '-' && !char.IsAsciiDigit(text.ElementAtOrDefault(1)))) text = "'" + text;
        return text.AsSpan().ContainsAny(',', '"', '\n') || text.Contains('\r') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string? Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
