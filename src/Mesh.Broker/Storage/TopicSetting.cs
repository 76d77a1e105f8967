namespace Mesh.Broker.Storage;

/// <summary>A setting that a topic may have.</summary>
/// <param name="Name">Name, as in Kafka.</param>
/// <param name="Default">Value of a topic that does not set it; of the few that the broker's options decide, see <see cref="TopicSettings.DefaultOf"/>.</param>
/// <param name="Type">Type of its value.</param>
/// <param name="Documentation">One sentence about its effect here.</param>
internal sealed record TopicSetting(string Name, string Default, SettingType Type, string Documentation)
{
    /// <summary>Smallest value of a number.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value of a number.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>The only values there are, or that have an effect here; empty when the type says it all.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Why no other values are taken, when the reason is this broker.</summary>
    public string? Remark { get; init; }
}
