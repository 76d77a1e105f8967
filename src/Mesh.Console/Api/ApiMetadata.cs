namespace Mesh.Console.Api;

/// <summary>What the description says of an endpoint beyond ASP.NET's own metadata.</summary>
/// <param name="PageOf">Rows of the page that is answered when <c>page</c> is asked for, in place of the list; null when there are no pages.</param>
/// <param name="Parameters">Query parameters that the handler reads by itself.</param>
internal sealed record ApiMetadata(Type? PageOf, IReadOnlyList<ApiParameter> Parameters);
