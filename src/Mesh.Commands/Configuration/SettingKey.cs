namespace Mesh.Commands.Configuration;

/// <summary>A setting that can be given by flag, environment, file or default.</summary>
/// <param name="Name">Dotted name as in <c>mesh.yaml</c>: <c>kafka.port</c>.</param>
/// <param name="Default">Value when nobody says otherwise; empty for none.</param>
/// <param name="Description">What it does, for `mesh config show`.</param>
public sealed record SettingKey(string Name, string Default, string Description)
{
    /// <summary>Whether it stands for any number of settings whose names begin with its own and a dot.</summary>
    public bool IsMap { get; init; }

    /// <summary>Whether nobody is to see its value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Name of the environment variable: <c>MESH_KAFKA__PORT</c>.</summary>
    public string EnvironmentVariable => "MESH_" + Name.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();
}
