using Mesh.Catalogue;
using Mesh.Commands.Configuration;
using Mesh.Model;

namespace Mesh.Commands.Maintenance;

/// <summary>Reads the settings of maintenance.</summary>
public static class MaintenanceSettings
{
    /// <summary>The options that the settings say.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when one is not what it should be.</exception>
    public static MaintenanceOptions Read(Settings settings) => new()
    {
        Enabled = settings.Flag(SettingKeys.MaintenanceEnabled),
        Interval = settings.Duration(SettingKeys.MaintenanceInterval),
        BytesPerRound = settings.Bytes(SettingKeys.MaintenanceBytesPerRun),
        TargetFileBytes = Math.Max(1, settings.Bytes(SettingKeys.MaintenanceTargetFileBytes)),
        SnapshotAge = settings.Duration(SettingKeys.MaintenanceSnapshotAge),
        SnapshotCount = settings.Count(SettingKeys.MaintenanceSnapshotCount),
        ReaderGrace = settings.Duration(SettingKeys.MaintenanceReaderGrace),
        OrphanGrace = settings.Duration(SettingKeys.MaintenanceOrphanGrace),
    };
}
