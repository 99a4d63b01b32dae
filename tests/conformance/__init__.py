"""Does a server that is swapped, killed, overloaded and stopped ever drop, mix or misstate a reply?"""
