using Mesh.Commands.Compression;
using Mesh.Console.Api;
using Mesh.Training.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps variants of models under <c>/api/v1/variants</c>. What changes anything is a POST.</summary>
public static class CompressionApi
{
    /// <summary>Maps the endpoints onto <paramref name="compression"/>.</summary>
    public static void MapCompressionApi(this IEndpointRouteBuilder endpoints, ICompression compression)
    {
        var api = endpoints.MapJsonGroup("/api/v1/variants");
        // A model is NAME, NAME@VERSION or NAME@ALIAS.
        api.MapGet("/{model}", async (string model, CancellationToken token) => JsonApi.Json(await compression.GetVariantsAsync(model, token).ConfigureAwait(false)))
            .Answers<ModelVariantsView>("Variants of a model: NAME, NAME@VERSION or NAME@ALIAS.");
        api.MapPost("/{model}", async (string model, HttpContext context, CancellationToken token) =>
            JsonApi.Json(await compression.RequestAsync(model, await JsonApi.BodyAsync<CompressRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<CompressRequest>().Answers<CompressionEntry>("Asks for variants of a model.");
    }
}
