#ifndef LOGKIT_H
#define LOGKIT_H

void logkit_say(const char *message);
const char *logkit_version(void);

#endif
