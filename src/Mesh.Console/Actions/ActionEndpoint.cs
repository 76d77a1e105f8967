using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Console.Safety;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Mesh.Console.Actions;

/// <summary>Plan by GET, run by POST, then the browser is sent to the page that shows the outcome.</summary>
internal sealed class ActionEndpoint(ConsoleAction action, PageRenderer renderer)
{
    /// <summary>Longest body of a form.</summary>
    private const long MaxFormBytes = 1 << 20;

    /// <summary>Field that holds the digest of the plan that was shown.</summary>
    public const string PlanField = "mesh-plan";

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(action.Url, context => ShowAsync(context, new FormFields(context.Request.Query), failure: null));
        endpoints.MapPost(action.Url, RunAsync);
    }

    private async Task RunAsync(HttpContext context)
    {
        var request = renderer.Begin(context);
        if (await FormFields.ReadAsync(context, MaxFormBytes).ConfigureAwait(false) is not { } form)
        {
            await renderer.RenderErrorAsync(context, request, new MeshException("MESH13003", $"An action takes a form of at most {MaxFormBytes:N0} bytes.")).ConfigureAwait(false);
            return;
        }

        if (!request.Session.Accepts(context, form.Text(ConsoleSession.FieldName) ?? ""))
        {
            await renderer.RenderErrorAsync(context, request, new MeshException("MESH13004", "The form was not sent by a page of this console, or the server was started again since. Open the page again and repeat the action.")).ConfigureAwait(false);
            return;
        }

        var fields = form.Without(ConsoleSession.FieldName, PlanField);
        try
        {
            var plan = await action.PlanAsync(fields, context.RequestAborted).ConfigureAwait(false);
            if (plan.Digest != form.Text(PlanField)) throw new MeshException("MESH13005", "Since the plan was made, what it found has changed. Nothing was done; this is the plan as it is now.");
            if (plan.Obstacle is { } obstacle) throw new MeshException("MESH13006", obstacle);
            var outcome = await action.RunAsync(fields, context.RequestAborted).ConfigureAwait(false);
            context.Response.Redirect(QueryHelpers.AddQueryString(
                LocalUrl.Or(outcome.NextUrl), new Dictionary<string, string?> { ["done"] = outcome.Message, ["seal"] = request.Session.Seal(outcome.Message) }));
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
        }
        catch (MeshException exception)
        {
            context.Response.StatusCode = exception.Code == "MESH13005" ? StatusCodes.Status409Conflict : StatusCodes.Status400BadRequest;
            await ShowAsync(context, fields, exception).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await renderer.RenderErrorAsync(context, request, exception).ConfigureAwait(false);
        }
    }

    private Task ShowAsync(HttpContext context, FormFields fields, MeshException? failure) => renderer.RenderAsync(
        context, typeof(ActionPage), renderer.Begin(context),
        new Dictionary<string, object?> { [nameof(ActionPage.Action)] = action, [nameof(ActionPage.Fields)] = fields, [nameof(ActionPage.Failure)] = failure });
}
