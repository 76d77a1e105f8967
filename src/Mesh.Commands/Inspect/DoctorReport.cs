using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Inspect;

/// <summary>What the doctor says of a recording.</summary>
/// <param name="File">Path.</param>
/// <param name="Format">Format.</param>
/// <param name="Messages">Messages that are intact.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Findings">What is wrong with the structure, in file order.</param>
/// <param name="Losses">Where data was lost.</param>
public sealed record DoctorReport(string File, RecordingFormat Format, long Messages, int Channels, IReadOnlyList<RecordingFinding> Findings, IReadOnlyList<DataLoss> Losses);
