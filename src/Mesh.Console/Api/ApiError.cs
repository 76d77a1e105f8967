namespace Mesh.Console.Api;

/// <summary>Body of every answer that is an error.</summary>
/// <param name="Code">Stable code, such as <c>MESH11031</c>.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="RequestId">The request, as in the header <c>Mesh-Request-Id</c> and in the server's log.</param>
public sealed record ApiError(
    [property: System.Text.Json.Serialization.JsonPropertyName("code")] string Code,
    [property: System.Text.Json.Serialization.JsonPropertyName("message")] string Message,
    [property: System.Text.Json.Serialization.JsonPropertyName("requestId")] string RequestId);
