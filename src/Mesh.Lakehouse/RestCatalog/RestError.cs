using System.Text.Json;
using Mesh.Model;
using Microsoft.AspNetCore.Http;

namespace Mesh.Lakehouse.RestCatalog;

/// <summary>An error as the REST specification has it (<c>ErrorModel</c>): status, the name of Iceberg's exception, and the message.</summary>
internal sealed record RestError(int Status, string Type, string Message)
{
    /// <param name="exception">What went wrong.</param>
    /// <param name="committing">Whether a commit was under way: when its outcome is open, the client must not take it for failed.</param>
    public static RestError Of(MeshException exception, bool committing)
    {
        string message = $"{exception.Code}: {exception.Message}";
        return exception.Code switch
        {
            "MESH8101" or "MESH8103" or "MESH8104" or "MESH8110" or "MESH8111" or "MESH8113" or "MESH8120" or "MESH8121" or "MESH8131" or "MESH8132" or "MESH8137"
                => new RestError(StatusCodes.Status400BadRequest, "BadRequestException", message),
            "MESH8102" => new RestError(StatusCodes.Status404NotFound, "NoSuchTableException", message),
            "MESH8133" => new RestError(StatusCodes.Status404NotFound, "NoSuchNamespaceException", message),
            "MESH8134" or "MESH8136" => new RestError(StatusCodes.Status409Conflict, "AlreadyExistsException", message),
            "MESH8135" => new RestError(StatusCodes.Status409Conflict, "NamespaceNotEmptyException", message),
            "MESH8107" or "MESH8130" => new RestError(StatusCodes.Status409Conflict, "CommitFailedException", message),
            "MESH8138" => new RestError(StatusCodes.Status413PayloadTooLarge, "BadRequestException", message),
            "MESH8139" => new RestError(StatusCodes.Status422UnprocessableEntity, "UnprocessableEntityException", message),
            // Busy: the transaction has not begun.
            "MESH8202" => new RestError(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailableException", message),
            _ when committing => new RestError(StatusCodes.Status500InternalServerError, "CommitStateUnknownException", message),
            _ when exception.IsTransient => new RestError(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailableException", message),
            _ => new RestError(StatusCodes.Status500InternalServerError, "InternalServerError", message),
        };
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", Message);
        json.WriteString("type", Type);
        json.WriteNumber("code", Status);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
