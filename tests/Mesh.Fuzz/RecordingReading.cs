using Mesh.Model;

namespace Mesh.Fuzz;

/// <summary>What a recording gave.</summary>
/// <param name="Messages">The messages, in the order they came.</param>
/// <param name="Losses">Damage met.</param>
public sealed record RecordingReading(IReadOnlyList<MessageKey> Messages, IReadOnlyList<DataLoss> Losses);
