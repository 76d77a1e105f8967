namespace Mesh.Commands.Media.Track;

/// <summary>A place on Earth in WGS 84.</summary>
/// <param name="Lat">Latitude, degrees, north positive.</param>
/// <param name="Lon">Longitude, degrees, east positive.</param>
/// <param name="Alt">Height above the ellipsoid, metres.</param>
public readonly record struct Geodetic(double Lat, double Lon, double Alt);
