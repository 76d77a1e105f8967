using Mesh.Commands;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps <c>/metrics</c>, <c>/health</c>, <c>/health/live</c> and <c>/health/ready</c>.</summary>
public static class ObservationEndpoints
{
    /// <summary>Key in <see cref="HttpContext.Items"/> that says the request was let in without a login.</summary>
    public const string Anonymous = "mesh.anonymous";

    /// <summary>Maps the endpoints. Live answers 503 when the process should be started again, ready when nothing should be sent to it; a degraded server is both.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="health">How the server is.</param>
    /// <param name="maintenance">Whose metrics of tables are shown too; null for none.</param>
    public static void MapObservation(this IEndpointRouteBuilder endpoints, MetricsCollector metrics, ServerHealth health, IMaintenance? maintenance = null)
    {
        endpoints.MapGet("/metrics", async (HttpContext context) =>
        {
            context.Response.ContentType = MetricsCollector.ContentType;
            metrics.WriteTo(context.Response.BodyWriter);
            if (maintenance is not null) await context.Response.WriteAsync(await MaintenanceApi.MetricsAsync(maintenance, context.RequestAborted).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false);
        });
        endpoints.MapGet("/health", (HttpContext context, CancellationToken token) => ReportAsync(context, health, report => report.Ready, token));
        endpoints.MapGet("/health/live", (HttpContext context, CancellationToken token) => ReportAsync(context, health, report => report.Live, token));
        endpoints.MapGet("/health/ready", (HttpContext context, CancellationToken token) => ReportAsync(context, health, report => report.Ready, token));
    }

    private static async Task<IResult> ReportAsync(HttpContext context, ServerHealth health, Func<HealthReport, bool> isWell, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var report = await health.ExamineAsync(cancellationToken).ConfigureAwait(false);
        if (context.Items.ContainsKey(Anonymous)) report = report.WithoutReasons();
        return Results.Json(report, MeshJson.Options, statusCode: isWell(report) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
