using System.Globalization;
using Mesh.Model;
using Mesh.Simulation;

namespace Mesh.Faults.Tests.Support;

/// <summary>A recording to be uploaded. The same file under another session is another recording.</summary>
public sealed record Drive(string Path, string Vehicle, string Session, SimulationTruth Truth)
{
    /// <summary>Ingest id it must get.</summary>
    public string IngestId => Model.IngestId.Compute(Convert.FromHexString(Truth.Sha256), Vehicle, Session).ToString();

    /// <summary>Rows of its lidar channel: one synchronised frame each.</summary>
    public long Frames => Truth.Channels.Single(channel => channel.Topic == "/lidar/top").Messages;

    /// <summary>The same file as a drive of its own.</summary>
    public Drive As(int session) => this with { Session = session.ToString(CultureInfo.InvariantCulture) };
}
