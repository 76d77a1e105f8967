using Mesh.Commands.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Api;

/// <summary>Says of an endpoint what it takes and answers; <c>/api/v1/openapi.json</c> is made of it.</summary>
public static class ApiEndpoints
{
    /// <summary>It answers JSON.</summary>
    /// <typeparam name="T">What.</typeparam>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="summary">What is answered, or done: a sentence.</param>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, string summary) => endpoint.WithSummary(summary).Produces<T>();

    /// <summary>It answers something else than JSON.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="contentType">Media type.</param>
    /// <param name="summary">What is answered: a sentence.</param>
    public static RouteHandlerBuilder AnswersWith(this RouteHandlerBuilder endpoint, string contentType, string summary) =>
        endpoint.WithSummary(summary).Produces(StatusCodes.Status200OK, contentType: contentType);

    /// <summary>It takes JSON.</summary>
    /// <typeparam name="T">What.</typeparam>
    /// <param name="endpoint">The endpoint.</param>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint)
        where T : notnull => endpoint.Accepts<T>("application/json");

    /// <summary>It reads query parameters by itself.</summary>
    public static RouteHandlerBuilder Reads(this RouteHandlerBuilder endpoint, IReadOnlyList<ApiParameter> parameters) => endpoint.WithMetadata(new ApiMetadata(null, parameters));

    /// <summary>It answers a page.</summary>
    /// <typeparam name="T">Its rows.</typeparam>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="summary">What is answered: a sentence.</param>
    /// <param name="parameters">Parameters of the list.</param>
    public static RouteHandlerBuilder AnswersPage<T>(this RouteHandlerBuilder endpoint, string summary, IReadOnlyList<ApiParameter> parameters) =>
        endpoint.Answers<Page<T>>(summary).Reads(parameters);

    /// <summary>It answers a page instead when <c>page</c> or <c>page_size</c> is among the parameters.</summary>
    /// <typeparam name="T">Its rows.</typeparam>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="parameters">Parameters of the list.</param>
    public static RouteHandlerBuilder OrPageOf<T>(this RouteHandlerBuilder endpoint, IReadOnlyList<ApiParameter> parameters) => endpoint.WithMetadata(new ApiMetadata(typeof(Page<T>), parameters));
}
