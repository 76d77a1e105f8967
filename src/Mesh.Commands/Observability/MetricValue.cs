namespace Mesh.Commands.Observability;

/// <summary>A counter or gauge at a moment.</summary>
/// <param name="Name">Its name as <c>/metrics</c> has it.</param>
/// <param name="Tags">Its attributes.</param>
/// <param name="Value">Its value.</param>
public sealed record MetricValue(string Name, IReadOnlyList<KeyValuePair<string, object?>> Tags, double Value)
{
    /// <summary>An attribute as text; null when there is none of the name.</summary>
    public string? Tag(string name) => Tags.FirstOrDefault(tag => tag.Key == name).Value?.ToString();
}
