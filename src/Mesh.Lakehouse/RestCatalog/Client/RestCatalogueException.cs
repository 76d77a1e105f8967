using Mesh.Model;

namespace Mesh.Lakehouse.RestCatalog.Client;

/// <summary>A REST catalogue has answered with an error (<c>MESH8141</c>), which is transient when the server says so.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="type">Name of Iceberg's exception, for example <c>CommitFailedException</c>; empty when the answer was no error of the specification.</param>
/// <param name="message">The server's message.</param>
public sealed class RestCatalogueException(int status, string type, string message)
    : MeshException("MESH8141", $"The catalogue answered {status} {type}: {message}", isTransient: status is 429 or 503)
{
    /// <summary>HTTP status.</summary>
    public int Status => status;

    /// <summary>Name of Iceberg's exception.</summary>
    public string ErrorType => type;
}
