namespace Mesh.Commands.Configuration;

/// <summary>A setting's value and where it came from.</summary>
/// <param name="Key">The setting.</param>
/// <param name="Text">Its value.</param>
/// <param name="Source">For people: <c>--kafka-port</c>, <c>MESH_KAFKA__PORT</c>, <c>mesh.yaml:3</c> or <c>default</c>.</param>
public sealed record SettingValue(SettingKey Key, string Text, string Source);
