using System.Text.Json.Serialization;

namespace Mesh.Broker.Registry;

/// <summary>An error as the registry's clients know it.</summary>
internal sealed record RegistryError(
    [property: JsonIgnore] int Status,
    [property: JsonPropertyName("error_code")] int Code,
    [property: JsonPropertyName("message")] string Message)
{
    public static readonly RegistryError Unauthorised = new(401, 401, "Unauthorized");

    public static readonly RegistryError NotFound = new(404, 404, "HTTP 404 Not Found");

    public static readonly RegistryError MethodNotAllowed = new(405, 405, "HTTP 405 Method Not Allowed");

    public static RegistryError SubjectNotFound(string subject) => new(404, 40401, $"Subject '{subject}' not found.");

    public static RegistryError VersionNotFound(string version) => new(404, 40402, $"Version {version} not found.");

    public static RegistryError SchemaNotFound() => new(404, 40403, "Schema not found");

    public static RegistryError SchemaNotFound(int id) => new(404, 40403, $"Schema {id} not found");

    public static RegistryError SubjectSoftDeleted(string subject) => new(404, 40404, $"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently");

    public static RegistryError SubjectNotSoftDeleted(string subject) => new(404, 40405, $"Subject '{subject}' was not deleted first before being permanently deleted");

    public static RegistryError VersionSoftDeleted(string subject, int version) => new(404, 40406, $"Subject '{subject}' Version {version} was soft deleted. Set permanent=true to delete permanently");

    public static RegistryError VersionNotSoftDeleted(string subject, int version) => new(404, 40407, $"Subject '{subject}' Version {version} was not deleted first before being permanently deleted");

    public static RegistryError CompatibilityNotConfigured(string subject) => new(404, 40408, $"Subject '{subject}' does not have subject-level compatibility configured");

    public static RegistryError ModeNotConfigured(string subject) => new(404, 40409, $"Subject '{subject}' does not have subject-level mode configured");

    public static RegistryError Incompatible(string subject, IReadOnlyList<string> messages) =>
        new(409, 40901, $"Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{string.Join(", ", messages)}]");

    public static RegistryError InvalidSchema(string why) => new(422, 42201, $"Invalid schema: {why}");

    public static RegistryError InvalidVersion(string version) =>
        new(422, 42202, $"The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");

    public static RegistryError InvalidLevel() =>
        new(422, 42203, "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive");

    public static RegistryError UnsupportedConfig(string name) => new(422, 42203, $"The setting '{name}' is not supported here. Supported are compatibility and normalize");

    public static RegistryError InvalidMode() => new(422, 42204, "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, and IMPORT");

    public static RegistryError NotPermitted(string why) => new(422, 42205, why);

    public static RegistryError ReferenceExists(string subject, int version) =>
        new(422, 42206, $"One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}.");

    public static RegistryError IdDoesNotMatch(int id) => new(422, 42207, $"The id {id} belongs to another schema");

    public static RegistryError InvalidSubject(string subject) =>
        new(422, 42208, $"The specified subject '{subject}' is not a valid subject. It is empty or too long, holds a control character, or names a context other than the default one");

    public static RegistryError TooLarge() => new(422, 42209, "Register operation failed because schema is too large");

    public static readonly RegistryError StoreFailed = new(500, 50001, "Error in the backend data store: it could not be written or read; try again.");
}

/// <summary>Ends a request with an error for its client.</summary>
internal sealed class RegistryException(RegistryError error) : Exception(error.Message)
{
    public RegistryError Error { get; } = error;
}
